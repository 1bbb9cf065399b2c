import type { LakeTable } from '../table.ts';

/** `row_table` and `key` say which row a finding is about; `date` is that of the row. */
export const QUALITY_TABLE = {
  name: 'quality',
  description: 'What looks wrong in bars and prices, one row a finding; findings flag, they never drop.',
  columns: {
    check: 'string',
    severity: 'string',
    row_table: 'string',
    venue: 'string',
    market: 'string',
    symbol: 'string',
    timeframe: 'string',
    row_time: 'timestamp',
    key: 'string',
    value: 'double',
    threshold: 'double',
    found_at: 'timestamp',
    date: 'date',
  },
  partitionBy: ['date'],
  clusterBy: ['check', 'symbol'],
  timeColumn: 'row_time',
} as const satisfies LakeTable;
