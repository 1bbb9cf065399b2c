/**
 * What a commit does to one partition: new rows are added; where rows of theirs are stored already, the files that hold
 * them are written anew. Rows that come out the same leave the partition as it is.
 */

import { randomUUID } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, quotedIdentifier, quotedString } from '@duckdb/node-api';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { decodePath, encodePath, partitionFolder } from '../../delta/format/file-path.ts';
import { NAN_TAGS, readStats, timeBoundMs } from '../../delta/format/stats.ts';
import { statsColumns } from '../../delta/format/stats-columns.ts';
import type { AddFile, RemoveFile } from '../../delta/log/actions.ts';
import { removeFile } from '../../delta/log/remove-file.ts';
import type { LakeTable } from '../../lake/table.ts';
import { ROW_GROUP_ROWS } from '../../parquet/row-group-rows.ts';
import { writtenFiles } from '../../upkeep/compaction/copy-stats.ts';
import { fileStats } from '../../upkeep/compaction/file-stats.ts';
import { selectOf } from '../input/input-table.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import type { Replaced, WrittenPartition } from './partition-writer.ts';

export interface PartitionChange {
  readonly adds: readonly AddFile[];
  readonly removes: readonly RemoveFile[];
}

export interface ReplaceContext {
  readonly connection: DuckDBConnection;
  /** Of this machine, for a file until it is in the table. */
  readonly scratch: string;
  readonly delta: DeltaTable;
  readonly table: LakeTable;
  readonly symbols: SymbolIndex;
  readonly nowMs: number;
}

/** Says from which inputs a row was made, not what it is. */
const PROVENANCE = 'inputs_version';

/** @returns undefined when the partition holds exactly these rows. */
export async function replaceRows(
  context: ReplaceContext,
  written: WrittenPartition,
): Promise<PartitionChange | undefined> {
  const touched = touchedFiles(context.delta, written);
  if (touched.length === 0) {
    return written.adds.length === 0 ? undefined : { adds: written.adds, removes: [] };
  }
  const { connection, delta } = context;
  await listReplaced(context, written.replaced);
  const input = { name: context.table.name, store: delta.store, snapshot: delta.snapshot };
  const stored = await selectOf(connection, input, touched);
  const made = await selectOf(connection, input, written.adds);
  const columns = Object.keys(context.table.columns).filter((name) => name !== PROVENANCE);
  const before = await fingerprint(connection, `${inReplaced(stored, 'SEMI')}`, columns);
  const after = await fingerprint(connection, made, columns);
  if (before === after) {
    await discard(delta, written.adds);
    return undefined;
  }
  const add = await writeMerged(context, written, `${inReplaced(stored, 'ANTI')} UNION ALL ${made}`);
  await discard(delta, written.adds);
  const removes = touched.map((add) => removeFile(add, context.nowMs, true));
  return { adds: add === undefined ? [] : [add], removes };
}

/** Files of the partition that may hold a row from the earliest replaced time on; without statistics any may. */
function touchedFiles({ snapshot }: DeltaTable, { values, replaced }: WrittenPartition): AddFile[] {
  const fromUs = replaced.reduce((least, range) => Math.min(least, range.fromUs), Number.POSITIVE_INFINITY);
  return [...snapshot.files.values()].filter((add) => {
    if (Object.entries(values).some(([name, value]) => add.partitionValues[name] !== value)) return false;
    const newestMs = timeBoundMs(readStats(add).maxValues, 'open_time');
    // Other writers cut bounds off to milliseconds.
    return newestMs === undefined || newestMs * 1000 + 999 >= fromUs;
  });
}

/** As a temporary table, one row a range. */
async function listReplaced(
  { connection, symbols }: ReplaceContext,
  replaced: readonly Replaced[],
): Promise<void> {
  const rows = replaced.map(({ id, fromUs, untilUs }) => {
    const { venue, market, symbol } = symbols.keyOf(id);
    return `(${[venue, market, symbol].map(quotedString).join(', ')}, make_timestamptz(${fromUs}), make_timestamptz(${untilUs}))`;
  });
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE replaced AS SELECT * FROM (VALUES ${rows.join(', ')}) AS v(venue, market, symbol, since, until)`,
  );
}

function inReplaced(rows: string, join: 'SEMI' | 'ANTI'): string {
  return `SELECT s.* FROM (${rows}) AS s ${join} JOIN replaced AS r ON s.venue = r.venue AND s.market = r.market
    AND s.symbol = r.symbol AND s.open_time >= r.since AND s.open_time < r.until`;
}

/** How many rows there are and what is in them, whatever their order. */
async function fingerprint(
  connection: DuckDBConnection,
  rows: string,
  columns: readonly string[],
): Promise<string> {
  const result = await connection.runAndReadAll(
    `SELECT count(*)::VARCHAR || ' ' || coalesce(sum(hash(${columns.map(quotedIdentifier).join(', ')})::HUGEINT), 0)::VARCHAR FROM (${rows})`,
  );
  return String(result.getRows()[0]?.[0]);
}

/** @returns undefined when no row is left. */
async function writeMerged(
  { connection, scratch, delta, table, nowMs }: ReplaceContext,
  { values }: WrittenPartition,
  rows: string,
): Promise<AddFile | undefined> {
  const file = join(scratch, `${randomUUID()}.parquet`);
  const stored = Object.keys(table.columns).filter((name) => !table.partitionBy.includes(name));
  const { rowGroupRows = ROW_GROUP_ROWS } = table;
  const result = await connection.runAndReadAll(
    `COPY (SELECT ${stored.map(quotedIdentifier).join(', ')} FROM (${rows}) ORDER BY ${table.clusterBy.map(quotedIdentifier).join(', ')})
     TO ${quotedString(file)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V1, ROW_GROUP_SIZE ${rowGroupRows}, RETURN_STATS)`,
  );
  const [written] = writtenFiles(result.getRows());
  if (written === undefined || written.rows === 0n) return undefined;
  const folder = table.partitionBy.map((name) => `${partitionFolder(name, values[name] ?? null)}/`).join('');
  const path = `${folder}part-00000-${randomUUID()}-c000.zstd.parquet`;
  const size = await delta.store.putFile(path, (place) => copyFileSync(file, place));
  return {
    path: encodePath(path),
    partitionValues: values,
    size,
    modificationTime: nowMs,
    dataChange: true,
    stats: fileStats(written, statsColumns(delta.metadata), rowGroupRows),
    tags: NAN_TAGS,
  };
}

async function discard({ store }: DeltaTable, adds: readonly AddFile[]): Promise<void> {
  for (const { path } of adds) await store.delete(decodePath(path));
}
