/** Opens a table of the lake for appending, or creates it with the properties that fit a commit a minute. */
import { LakeError } from '../base/errors.ts';
import { joinLocation } from '../base/location.ts';
import { DeltaTable } from '../delta/delta-table.ts';
import type { TableStore } from '../delta/store/table-store.ts';
import { PARQUET_CHECKPOINTS } from '../parquet/parquet-checkpoints.ts';
import { away } from './away.ts';
import { ensureSchema, fieldsOf } from './ensure-schema.ts';
import { openStore } from './open-store.ts';
import type { LakeTable } from './table.ts';

/** A log that stays small: a checkpoint an hour or two, a week of history. */
export const TABLE_PROPERTIES: Readonly<Record<string, string>> = {
  'delta.checkpointInterval': '100',
  'delta.logRetentionDuration': 'interval 7 days',
  'delta.deletedFileRetentionDuration': 'interval 7 days',
};

/** Where this thread has had a table: none is begun there again. */
const known = new Set<string>();
const READER = { checkpoints: PARQUET_CHECKPOINTS };

/**
 * @param isKnown another thread of this process has had it.
 * @throws LakeError TABLE_SCHEMA when the table there cannot take our rows, LAKE_NOT_FOUND when one that was there is gone.
 */
export async function openLakeTable(lake: string, table: LakeTable, isKnown = false): Promise<DeltaTable> {
  const store = await openStore(joinLocation(lake, table.name));
  const delta =
    isKnown || known.has(store.location)
      ? await openAgain(store)
      : await DeltaTable.openOrCreate(store, READER, {
          fields: fieldsOf(table),
          partitionColumns: table.partitionBy,
          description: table.description,
          configuration: TABLE_PROPERTIES,
        });
  await ensureSchema(delta, table);
  known.add(store.location);
  return delta;
}

async function openAgain(store: TableStore): Promise<DeltaTable> {
  try {
    return await DeltaTable.open(store, READER);
  } catch (error) {
    if (error instanceof LakeError && error.code === 'TABLE_NOT_FOUND') throw away(store.location);
    throw error;
  }
}
