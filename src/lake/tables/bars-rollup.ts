import type { LakeTable } from '../table.ts';
import { BAR_COLUMNS } from './bar-columns.ts';
import { BAR_QUERIES, BAR_VIEWS } from './bar-views.ts';

const { timeframe, ...OWN_COLUMNS } = BAR_COLUMNS;

/** `period` is the first day of the month (5m, 15m, 1h) or of the year (4h, 1d). */
export const BARS_ROLLUP_TABLE = {
  name: 'bars_rollup',
  description:
    'Bars of 5m to 1d, each made of the one-minute bars of a whole bucket; `partial` where minutes are missing.',
  columns: {
    ...OWN_COLUMNS,
    minutes: 'long',
    minutes_expected: 'long',
    listened_share: 'double',
    timeframe,
    period: 'date',
  },
  partitionBy: ['timeframe', 'period'],
  clusterBy: ['symbol', 'open_time'],
  // A month of a symbol has 744 bars of 1h.
  rowGroupRows: 2048,
  timeColumn: 'open_time',
  views: BAR_VIEWS,
  queries: BAR_QUERIES,
} as const satisfies LakeTable;
