/**
 * Whether a table can take our rows as they are. Columns that others added stay null; anything else that they changed
 * would make the log say what the files do not hold.
 */
import type { DeltaTable } from '../delta/delta-table.ts';
import { LakeError } from '../errors.ts';
import type { LakeTable } from '../models/lake-tables.ts';

/** @throws LakeError TABLE_SCHEMA naming the first column that does not fit. */
export function checkTableSchema({ snapshot, store }: DeltaTable, table: LakeTable): void {
  const problem = problemOf(snapshot.schema.fields, snapshot.partitionColumns, table);
  if (problem === undefined) return;
  throw new LakeError('TABLE_SCHEMA', `the table \`${store.location}\` ${problem}`, {
    hint: 'it was changed by another program, or is another table; move the folder away to begin a new one',
  });
}

function problemOf(
  fields: DeltaTable['snapshot']['schema']['fields'],
  partitionColumns: readonly string[],
  table: LakeTable,
): string | undefined {
  const types = new Map(fields.map(({ name, type }) => [name, type]));
  for (const [name, type] of Object.entries(table.columns)) {
    const there = types.get(name);
    if (there === undefined) return `has no column \`${name}\``;
    if (there !== type) return `has \`${name}\` as ${JSON.stringify(there)}, not ${type}`;
  }
  if (partitionColumns.length !== 1 || partitionColumns[0] !== table.partitionBy)
    return `is partitioned by (${partitionColumns.join(', ')}), not by ${table.partitionBy}`;
  const required = fields.find(({ name, nullable }) => !nullable && !(name in table.columns));
  return required && `demands a value for \`${required.name}\`, which crypto-lake does not know`;
}
