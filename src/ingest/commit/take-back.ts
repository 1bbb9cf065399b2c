/**
 * Stores a segment that was set aside: of its rows those that the tables lack, by the natural key of each table. The
 * tables record nothing of it, so it may be done again after a crash, and by anyone who has a copy.
 */
import { rm, stat } from 'node:fs/promises';
import pl from 'nodejs-polars';
import { LakeError } from '../../base/errors.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { localDataPaths } from '../../delta/store/data-path.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import type { LakeTable } from '../../lake/table.ts';
import { COVERAGE_TABLE } from '../../lake/tables/coverage.ts';
import { QUARANTINE_TABLE } from '../../lake/tables/quarantine.ts';
import type { Cell, Row } from '../../sources/rows.ts';
import type { Source } from '../../sources/source.ts';
import { readSegment } from '../../spool/segments/read-segment.ts';
import { DedupWindow } from '../dedup/dedup-window.ts';
import { FrameLoss } from '../dedup/frame-loss.ts';
import { cellsOf } from '../rows/column-cells.ts';
import { SegmentDecoder } from '../rows/segment-decoder.ts';
import { TableBatch } from '../rows/table-batch.ts';
import { appendBatch } from '../write/append-batch.ts';
import { concatSmallFiles } from '../write/concat-small-files.ts';

export interface TakeBackOptions {
  readonly lake: string;
  readonly source: Source;
  /** Of the segment that was set aside. */
  readonly path: string;
  readonly duplicateWindowMs: number;
}

export interface TakenBack {
  /** Rows added, by table. */
  readonly added: Readonly<Record<string, number>>;
  /** Rows that the tables had. */
  readonly known: number;
}

/** @throws LakeError SPOOL_DAMAGED when the file cannot be read at all; it stays then. */
export async function takeBack({
  lake,
  source,
  path,
  duplicateWindowMs,
}: TakeBackOptions): Promise<TakenBack> {
  const { mtimeMs } = await stat(path);
  const decoder = new SegmentDecoder({
    source,
    window: new DedupWindow(duplicateWindowMs),
    loss: new FrameLoss(),
  });
  for await (const items of readSegment(path)) for (const item of items) decoder.add(item);
  decoder.finish(Math.round(mtimeMs * 1000));
  const added: Record<string, number> = {};
  let known = 0;
  for (const definition of [...source.tables, QUARANTINE_TABLE, COVERAGE_TABLE] as readonly LakeTable[]) {
    const batch = decoder.batches.of(definition);
    if (batch.rowCount === 0) continue;
    const table = await openLakeTable(lake, definition, 'light');
    const rest = await withoutKnown(table, batch);
    known += batch.rowCount - rest.rowCount;
    added[definition.name] = await appendBatch(table, rest, undefined);
  }
  await rm(path, { force: true });
  return { added, known };
}

/** The rows whose key the table does not have. */
async function withoutKnown(delta: DeltaTable, batch: TableBatch): Promise<TableBatch> {
  const { table } = batch;
  const { naturalKey } = table;
  if (naturalKey === undefined)
    throw new LakeError('INTERNAL', `the table \`${table.name}\` has no natural key`);
  const rest = new TableBatch(table);
  for (const { values, columns } of batch.partitions) {
    const known = await keysIn(delta, table, naturalKey, values);
    const cells = Object.entries(columns.byName).map(([name, column]) => [name, cellsOf(column)] as const);
    for (let row = 0; row < columns.rowCount; row++) {
      const cellsOfRow: Record<string, Cell> = Object.fromEntries(
        cells.map(([name, column]) => [name, column[row] ?? null]),
      );
      if (!known.has(keyText(naturalKey.map((name) => cellsOfRow[name]))))
        rest.add(values, cellsOfRow as Row<LakeTable>);
    }
  }
  return rest;
}

async function keysIn(
  delta: DeltaTable,
  table: LakeTable,
  key: readonly string[],
  values: Readonly<Record<string, string>>,
): Promise<ReadonlySet<string>> {
  const files = [...delta.snapshot.files.values()].filter(({ partitionValues }) =>
    Object.entries(values).every(([name, value]) => partitionValues[name] === value),
  );
  const keys = new Set<string>();
  for (const rows of concatSmallFiles(await localDataPaths(files, delta.store))) {
    const there = key.filter((name) => rows.columns.includes(name));
    const times = there.filter((name) => table.columns[name] === 'timestamp');
    const frame = rows
      .select(...there)
      .withColumns(...times.map((name) => pl.col(name).cast(pl.Datetime('us')).cast(pl.Int64)))
      .collectSync();
    const columns = key.map((name) => (there.includes(name) ? frame.getColumn(name).toArray() : []));
    for (let row = 0; row < frame.height; row++) keys.add(keyText(columns.map((column) => column[row])));
    // Polars frees a frame's memory only when the event loop turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return keys;
}

/** Numbers as numbers, whether a column gives them as such or as bigint. */
function keyText(cells: readonly unknown[]): string {
  return JSON.stringify(cells.map((cell) => (typeof cell === 'bigint' ? Number(cell) : (cell ?? null))));
}
