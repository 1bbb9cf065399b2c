/** Tables whose log names files that nobody reads: to open them is all that is measured. */
import { randomUUID } from 'node:crypto';
import { DeltaTable } from '../dist/delta/delta-table.js';
import { nullableField } from '../dist/delta/format/schema.js';
import { PARQUET_CHECKPOINTS } from '../dist/parquet/parquet-checkpoints.js';

export function makeTable(store) {
  const fields = [
    nullableField('symbol', 'string'),
    nullableField('at', 'timestamp'),
    nullableField('price', 'double'),
  ];
  return DeltaTable.openOrCreate(
    store,
    { checkpoints: PARQUET_CHECKPOINTS },
    { fields, partitionColumns: [], configuration: {} },
  );
}

/** One commit of so many files. */
export function appendFiles(table, count) {
  const stats = JSON.stringify({
    numRecords: 500,
    minValues: { symbol: '1000SHIBUSDT', at: '2026-11-21T12:00:00.000Z', price: 0.0001 },
    maxValues: { symbol: 'ZRXUSDT', at: '2026-11-21T12:01:00.000Z', price: 91000.5 },
    nullCount: { symbol: 0, at: 0, price: 0 },
  });
  const adds = Array.from({ length: count }, () => ({
    path: `part-00000-${randomUUID()}-c000.zstd.parquet`,
    partitionValues: {},
    size: 12345,
    modificationTime: Date.now(),
    dataChange: true,
    stats,
  }));
  return table.commit({ operation: 'WRITE', adds, reads: 'nothing' });
}
