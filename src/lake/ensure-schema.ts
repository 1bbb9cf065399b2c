/**
 * Makes a table take our rows, or says why it cannot. Columns that others added stay null; columns that a newer version
 * of the program brought are added; anything else would make the log say what the files do not hold.
 */

import { LakeError } from '../base/errors.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { nullableField, type StructField } from '../delta/format/schema.ts';
import { addColumns } from '../delta/maintenance/add-columns.ts';
import type { LakeTable } from './table.ts';

/** @throws LakeError TABLE_SCHEMA naming the first column that does not fit, COMMIT_CONFLICT. */
export async function ensureSchema(delta: DeltaTable, table: LakeTable): Promise<void> {
  const { snapshot, store } = delta;
  const problem = problemOf(snapshot.schema.fields, snapshot.partitionColumns, table);
  if (problem !== undefined) {
    throw new LakeError('TABLE_SCHEMA', `the table \`${store.location}\` ${problem}`, {
      hint: 'it was changed by another program, or is another table; move the folder away to begin a new one',
    });
  }
  await addColumns(delta, fieldsOf(table));
}

export function fieldsOf({ columns }: LakeTable): StructField[] {
  return Object.entries(columns).map(([name, type]) => nullableField(name, type));
}

function problemOf(
  fields: DeltaTable['snapshot']['schema']['fields'],
  partitionColumns: readonly string[],
  { columns, clusterBy, partitionBy }: LakeTable,
): string | undefined {
  const types = new Map(fields.map(({ name, type }) => [name, type]));
  for (const [name, type] of Object.entries(columns)) {
    const there = types.get(name);
    // A table without the columns that it is sorted by was never an older one of ours.
    if (there === undefined && [...clusterBy, ...partitionBy].includes(name))
      return `has no column \`${name}\``;
    if (there !== undefined && there !== type)
      return `has \`${name}\` as ${JSON.stringify(there)}, not ${type}`;
  }
  if (partitionColumns.join() !== partitionBy.join())
    return `is partitioned by (${partitionColumns.join(', ')}), not by (${partitionBy.join(', ')})`;
  const required = fields.find(({ name, nullable }) => !nullable && !(name in columns));
  return required && `demands a value for \`${required.name}\`, which crypto-lake does not know`;
}
