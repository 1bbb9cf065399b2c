/**
 * Stores a segment that was set aside: of its rows those that the tables lack, by the natural key of each table. The
 * tables record nothing of it, so it may be done again after a crash, and by anyone who has a copy.
 */
import { rm, stat } from 'node:fs/promises';
import pl from 'nodejs-polars';
import { BarLedger } from '../../bars/bar-ledger.ts';
import { LakeError } from '../../base/errors.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { localDataPaths } from '../../delta/store/data-path.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import type { LakeTable, SegmentTable } from '../../lake/table.ts';
import { BAR_CORRECTIONS_TABLE } from '../../lake/tables/bar-corrections.ts';
import { BARS_1M_TABLE } from '../../lake/tables/bars-1m.ts';
import { COVERAGE_TABLE } from '../../lake/tables/coverage.ts';
import { QUARANTINE_TABLE } from '../../lake/tables/quarantine.ts';
import type { Cell, Row } from '../../sources/rows.ts';
import type { Source } from '../../sources/source.ts';
import { readSegment } from '../../spool/segments/read-segment.ts';
import { LEDGER_US, loadLedger } from '../bars/load-ledger.ts';
import { historiesOf, historySpans } from '../bars/segment-history.ts';
import { DedupWindow } from '../dedup/dedup-window.ts';
import { FrameLoss } from '../dedup/frame-loss.ts';
import { firstReceiptUs } from '../dedup/segment-receipts.ts';
import { cellsOf } from '../rows/column-cells.ts';
import { SegmentDecoder } from '../rows/segment-decoder.ts';
import { TableBatch } from '../rows/table-batch.ts';
import { appendBatch } from '../write/append-batch.ts';
import { concatSmallFiles } from '../write/concat-small-files.ts';

/** Of commits of others between a look and the commit. */
const MAX_RACES = 20;

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
    ledger: await ledgerOf(lake, source, path, mtimeMs * 1000),
  });
  for await (const items of readSegment(path)) for (const item of items) decoder.add(item);
  decoder.finish(Math.round(mtimeMs * 1000));
  const added: Record<string, number> = {};
  let known = 0;
  const definitions: readonly SegmentTable[] = [...source.tables, QUARANTINE_TABLE, COVERAGE_TABLE];
  for (const definition of definitions) {
    const batch = decoder.batches.of(definition);
    if (batch.rowCount === 0) continue;
    const table = await openLakeTable(lake, definition);
    const rows = await appendUnknown(table, batch, definition.naturalKey);
    known += batch.rowCount - rows;
    added[definition.name] = rows;
  }
  await rm(path, { force: true });
  return { added, known };
}

/** What the tables say of the bars that the segment may tell of; undefined for a source of other things. */
async function ledgerOf(
  lake: string,
  source: Source,
  path: string,
  writtenAtUs: number,
): Promise<BarLedger | undefined> {
  if (!source.tables.includes(BARS_1M_TABLE)) return undefined;
  const ledger = new BarLedger();
  const bars = await openLakeTable(lake, BARS_1M_TABLE);
  const corrections = await openLakeTable(lake, BAR_CORRECTIONS_TABLE);
  const fromUs = (await firstReceiptUs(path)) - LEDGER_US;
  for (const span of historySpans(await historiesOf(path), fromUs, writtenAtUs))
    await loadLedger(ledger, bars, corrections, { venue: source.venue, ...span });
  return ledger;
}

/**
 * A collector, a backfill or another copy of the segment may be storing the same meanwhile: then it is looked anew.
 * @returns how many rows were added.
 */
async function appendUnknown(
  table: DeltaTable,
  batch: TableBatch,
  naturalKey: readonly string[],
): Promise<number> {
  for (let tries = 1; ; tries++) {
    try {
      return await appendBatch(
        table,
        await withoutKnown(table, batch, naturalKey),
        undefined,
        {},
        'new-rows',
      );
    } catch (error) {
      const isRace = error instanceof LakeError && error.code === 'COMMIT_CONFLICT';
      if (!isRace || tries === MAX_RACES) throw error;
      await table.refresh();
    }
  }
}

/** The rows whose key the table does not have. */
async function withoutKnown(
  delta: DeltaTable,
  batch: TableBatch,
  naturalKey: readonly string[],
): Promise<TableBatch> {
  const { table } = batch;
  const rest = new TableBatch(table);
  for (const { values, columns } of batch.partitions) {
    const cells = Object.entries(columns.byName).map(([name, column]) => [name, cellsOf(column)] as const);
    const rows = new Map<string, Record<string, Cell>[]>();
    for (let row = 0; row < columns.rowCount; row++) {
      const cellsOfRow = Object.fromEntries(cells.map(([name, column]) => [name, column[row] ?? null]));
      const key = keyText(naturalKey.map((name) => cellsOfRow[name]));
      rows.set(key, [...(rows.get(key) ?? []), cellsOfRow]);
    }
    for await (const key of keysIn(delta, table, naturalKey, values)) rows.delete(key);
    for (const row of [...rows.values()].flat()) rest.add(values, row as Row<LakeTable>);
  }
  return rest;
}

/** The keys of all rows of a partition, which may be many more than the segment has. */
async function* keysIn(
  delta: DeltaTable,
  table: LakeTable,
  key: readonly string[],
  values: Readonly<Record<string, string>>,
): AsyncGenerator<string> {
  const files = [...delta.snapshot.files.values()].filter(({ partitionValues }) =>
    Object.entries(values).every(([name, value]) => partitionValues[name] === value),
  );
  for (const rows of concatSmallFiles(await localDataPaths(files, delta.store))) {
    const there = key.filter((name) => rows.columns.includes(name));
    const times = there.filter((name) => table.columns[name] === 'timestamp');
    const frame = rows
      .select(...there)
      .withColumns(...times.map((name) => pl.col(name).cast(pl.Datetime('us')).cast(pl.Int64)))
      .collectSync();
    const columns = key.map((name) => (there.includes(name) ? frame.getColumn(name).toArray() : []));
    for (let row = 0; row < frame.height; row++) yield keyText(columns.map((column) => column[row]));
    // Polars frees a frame's memory only when the event loop turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Numbers as numbers, whether a column gives them as such or as bigint. */
function keyText(cells: readonly unknown[]): string {
  return JSON.stringify(cells.map((cell) => (typeof cell === 'bigint' ? Number(cell) : (cell ?? null))));
}
