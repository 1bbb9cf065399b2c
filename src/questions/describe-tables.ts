/** Storage and columns of every table, from the logs alone. */
import { LakeError } from '../base/errors.ts';
import { listTables } from '../lake/lake-catalog.ts';
import { storageOf } from '../lake/storage.ts';
import type { LakeReader } from './lake-reader.ts';

export async function describeTables(reader: LakeReader, lake: string) {
  const tables = [];
  for (const name of await listTables(lake, [])) {
    try {
      const pinned = (await reader.tables.pin([name], { kind: 'newest' })).tables.get(name);
      if (pinned === undefined) continue;
      const { snapshot } = pinned;
      const columns = snapshot.schema.fields.map((field) => ({ name: field.name, type: field.type }));
      tables.push({
        ...storageOf({ snapshot, checkpointVersion: undefined }, name),
        partition_by: snapshot.partitionColumns,
        columns,
      });
    } catch (error) {
      // One that is broken leaves the others to be seen.
      if (!(error instanceof LakeError)) throw error;
      tables.push({ table: name, error: error.message, code: error.code });
    }
  }
  return tables;
}
