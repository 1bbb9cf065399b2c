import type { LakeTable, NamedQuery } from '../table.ts';

const QUERIES: readonly NamedQuery[] = [
  {
    name: 'quality',
    title: 'What looks wrong in bars and prices',
    sql: `SELECT "check", severity, row_table, count(*) AS findings, count(DISTINCT symbol) AS symbols, max(row_time) AS newest, any_value(key ORDER BY row_time DESC) AS newest_key
FROM quality WHERE row_time >= $since GROUP BY ALL ORDER BY severity, findings DESC, "check" LIMIT 30`,
  },
];

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
  queries: QUERIES,
} as const satisfies LakeTable;
