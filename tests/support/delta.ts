/** Small tables for tests of the log. */

import { DeltaTable } from '../../src/delta/delta-table.ts';
import { nullableField } from '../../src/delta/format/schema.ts';
import type { AddFile } from '../../src/delta/log/actions.ts';
import type { TableStore } from '../../src/delta/store/table-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';

export function makeTable(
  store: TableStore,
  configuration: Record<string, string> = {},
): Promise<DeltaTable> {
  return DeltaTable.openOrCreate(
    store,
    { checkpoints: PARQUET_CHECKPOINTS },
    {
      fields: [nullableField('id', 'long'), nullableField('symbol', 'string')],
      partitionColumns: [],
      configuration,
    },
  );
}

/** A file that exists in the log only. */
export function fakeFile(path: string, size = 1): AddFile {
  return {
    path,
    partitionValues: {},
    size,
    modificationTime: 1,
    dataChange: true,
    stats: '{"numRecords":1}',
  };
}

export function append(
  table: DeltaTable,
  paths: readonly string[],
  txn?: { appId: string; version: number },
) {
  return table.commit({
    operation: 'WRITE',
    adds: paths.map((path) => fakeFile(path)),
    reads: 'nothing',
    ...(txn ? { txn } : {}),
  });
}

export function remove(table: DeltaTable, paths: readonly string[]) {
  const removes = paths.map((path) => ({ path, dataChange: false, deletionTimestamp: 1 }));
  return table.commit({ operation: 'OPTIMIZE', removes, reads: 'removed-files' });
}
