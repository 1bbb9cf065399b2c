/** Writes one partition's columns as a Parquet file of the table, durable before it is returned as an `add`. */
import { randomUUID } from 'node:crypto';
import type { AddFile } from '../delta/actions.ts';
import type { TableStore } from '../delta/store.ts';
import type { LakeTable } from '../models/lake-tables.ts';
import type { Columns } from '../processors/columns.ts';
import { columnsToFrame } from '../processors/columns-to-frame.ts';
import { columnStats } from './column-stats.ts';

export interface DataFileRequest {
  readonly store: TableStore;
  readonly table: LakeTable;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly columns: Columns;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** The file name uses only characters that every engine leaves as they are in a path. */
export async function writeDataFile({
  store,
  table,
  date,
  columns,
  nowMs,
}: DataFileRequest): Promise<AddFile> {
  const path = `${table.partitionBy}=${date}/part-00000-${randomUUID()}-c000.zstd.parquet`;
  const bytes = columnsToFrame(table, columns).writeParquet({ compression: 'zstd' });
  await store.put(path, bytes);
  return {
    path,
    partitionValues: { [table.partitionBy]: date },
    size: bytes.byteLength,
    modificationTime: nowMs,
    dataChange: true,
    stats: columnStats(table, columns),
  };
}
