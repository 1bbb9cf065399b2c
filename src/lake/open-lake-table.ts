/** Opens a table of the lake for appending, or creates it with the properties that fit a commit a minute. */
import { joinLocation } from '../base/location.ts';
import { DeltaTable } from '../delta/delta-table.ts';
import { PARQUET_CHECKPOINTS } from '../parquet/parquet-checkpoints.ts';
import { ensureSchema, fieldsOf } from './ensure-schema.ts';
import { openStore } from './open-store.ts';
import type { LakeTable } from './table.ts';

/** A log that stays small: a checkpoint an hour or two, a week of history. */
export const TABLE_PROPERTIES: Readonly<Record<string, string>> = {
  'delta.checkpointInterval': '100',
  'delta.logRetentionDuration': 'interval 7 days',
  'delta.deletedFileRetentionDuration': 'interval 7 days',
};

/** @throws LakeError TABLE_SCHEMA when the table there cannot take our rows. */
export async function openLakeTable(lake: string, table: LakeTable): Promise<DeltaTable> {
  const store = await openStore(joinLocation(lake, table.name));
  const delta = await DeltaTable.openOrCreate(
    store,
    { checkpoints: PARQUET_CHECKPOINTS },
    {
      fields: fieldsOf(table),
      partitionColumns: table.partitionBy,
      description: table.description,
      configuration: TABLE_PROPERTIES,
    },
  );
  await ensureSchema(delta, table);
  return delta;
}
