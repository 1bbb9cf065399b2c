/** Writes one partition's columns as a Parquet file of the table, durable before it is returned as an `add`. */
import { randomUUID } from 'node:crypto';
import { getSystemErrorName } from 'node:util';
import { messageOf } from '../../base/errors.ts';
import { partitionFolder } from '../../delta/format/file-path.ts';
import { NAN_TAGS } from '../../delta/format/stats.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import type { TableStore } from '../../delta/store/table-store.ts';
import { requireLog } from '../../lake/away.ts';
import type { LakeTable } from '../../lake/table.ts';
import { ROW_GROUP_ROWS } from '../../parquet/row-group-rows.ts';
import { columnsToFrame, type Frame } from '../rows/columns-to-frame.ts';
import type { Columns } from '../rows/table-batch.ts';
import { columnStats } from './column-stats.ts';

export interface DataFileRequest {
  readonly store: TableStore;
  readonly table: LakeTable;
  /** A text for each partition column. */
  readonly partitionValues: Readonly<Record<string, string>>;
  readonly columns: Columns;
  /** Names of the columns to keep statistics of. */
  readonly indexed: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** The file name uses only characters that every engine leaves as they are in a path. */
export async function writeDataFile({
  store,
  table,
  partitionValues,
  columns,
  indexed,
  nowMs,
}: DataFileRequest): Promise<AddFile> {
  const folders = table.partitionBy.map((name) => `${partitionFolder(name, partitionValues[name] ?? null)}/`);
  const path = `${folders.join('')}part-00000-${randomUUID()}-c000.zstd.parquet`;
  const frame = columnsToFrame(table, columns);
  // It would make the folders of a table that is gone.
  requireLog(store);
  const size = await store.putFile(path, (file) => writeParquet(frame, file, table.rowGroupRows));
  return {
    path,
    partitionValues,
    size,
    modificationTime: nowMs,
    dataChange: true,
    stats: columnStats(table, columns, indexed),
    tags: NAN_TAGS,
  };
}

/** To a path: into memory it would cross from Polars thousands of times, and take several times as long. */
function writeParquet(frame: Frame, path: string, rowGroupSize = ROW_GROUP_ROWS): void {
  try {
    if (frame.height <= rowGroupSize || rowGroupSize > MOST_ROWS_OF_SINK)
      frame.writeParquet(path, { compression: 'zstd' });
    else inRowGroups(frame, path, rowGroupSize);
  } catch (error) {
    // Polars tells the system's error in its text only.
    const number = /os error (\d+)/.exec(messageOf(error))?.[1];
    if (number === undefined) throw error;
    throw Object.assign(new Error(messageOf(error)), { code: getSystemErrorName(-Number(number)) });
  }
}

/** Polars takes it for a short integer there, and fails for more. */
const MOST_ROWS_OF_SINK = 32_767;

/** What is written at once becomes one row group, made by one thread. */
function inRowGroups(frame: Frame, path: string, rowGroupSize: number): void {
  const sinkOptions = { syncOnClose: 'none', maintainOrder: true, mkdir: false };
  // Level 3 makes numbers 3 % smaller, and takes half as long again.
  const options = { compression: 'zstd', compressionLevel: 1, statistics: true, rowGroupSize, sinkOptions };
  // What comes back is not the lazy frame that its type says, but the one within, which wants an engine by its name.
  frame
    .lazy()
    .sinkParquet(path, options)
    .collectSync('auto' as never);
}
