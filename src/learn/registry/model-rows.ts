/** Reads and changes the rows of `models`. They are few: a change writes the table anew, in one commit. */

import { LakeError } from '../../base/errors.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { statsColumns } from '../../delta/format/stats-columns.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import { removeFile } from '../../delta/log/remove-file.ts';
import { TableBatch } from '../../ingest/rows/table-batch.ts';
import { writeDataFile } from '../../ingest/write/write-data-file.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import { MODELS_TABLE } from '../../lake/tables/models.ts';
import type { Row } from '../../sources/rows.ts';
import { openPinnedSession } from '../data/pinned-session.ts';

export type ModelRow = Row<typeof MODELS_TABLE>;

export interface ModelRowsOptions {
  readonly lake: string;
  readonly memoryBytes: number;
}

/** How often a change is made anew when others changed the table meanwhile. */
const MAX_ATTEMPTS = 5;

/** @param version of the table; the newest when not given. @returns rows in the order in which they were made. */
export async function readModelRows(options: ModelRowsOptions, version?: number): Promise<ModelRow[]> {
  const versions = version === undefined ? {} : { versions: { models: version } };
  const { session } = await openPinnedSession({ ...options, ...versions, tables: ['models'] });
  try {
    const columns = Object.entries(MODELS_TABLE.columns).map(([name, type]) => {
      if (type === 'timestamp') return `epoch_us(${name})::DOUBLE AS ${name}`;
      return type === 'long' ? `${name}::DOUBLE AS ${name}` : name;
    });
    const reader = await session.connection.runAndReadAll(
      `SELECT ${columns.join(', ')} FROM models ORDER BY made_at, version`,
    );
    return reader.getRowObjects() as unknown as ModelRow[];
  } catch (error) {
    throw session.errorOf(error);
  } finally {
    await session.close();
  }
}

/**
 * @param change is called again on the newest rows when a race was lost.
 * @throws LakeError COMMIT_CONFLICT, TABLE_SCHEMA, and what `change` throws.
 */
export async function changeModelRows(
  options: ModelRowsOptions,
  change: (rows: readonly ModelRow[]) => readonly ModelRow[],
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const table = await openLakeTable(options.lake, MODELS_TABLE);
    const rows = change(await readModelRows(options, table.version));
    const nowMs = Date.now();
    const removes = [...table.snapshot.files.values()].map((add) => removeFile(add, nowMs, true));
    const outcome = await table.commit({
      operation: 'WRITE',
      operationParameters: { mode: 'Overwrite', partitionBy: '[]' },
      adds: rows.length === 0 ? [] : [await writeRows(table, rows, nowMs)],
      removes,
      reads: 'whole-table',
    });
    if (outcome.kind === 'committed') return;
  }
  throw new LakeError('COMMIT_CONFLICT', 'the table `models` was changed again and again meanwhile', {
    hint: 'nothing was written; it is safe to repeat',
  });
}

function writeRows(table: DeltaTable, rows: readonly ModelRow[], nowMs: number): Promise<AddFile> {
  const batch = new TableBatch(MODELS_TABLE);
  for (const row of rows) batch.add({}, row);
  const [partition] = batch.partitions;
  if (partition === undefined) throw new TypeError('a batch of rows has no partition');
  return writeDataFile({
    store: table.store,
    table: MODELS_TABLE,
    partitionValues: {},
    columns: partition.columns,
    indexed: new Set(statsColumns(table.metadata).map(({ name }) => name)),
    nowMs,
  });
}
