import type { LakeTable } from '../table.ts';
import { BAR_COLUMNS, BAR_ROW_GROUP_ROWS } from './bar-columns.ts';

export const BARS_1M_TABLE = {
  name: 'bars_1m',
  description:
    'Closed one-minute bars, as first known; a minute without a row is a hole, one without a trade is `quiet`.',
  columns: { ...BAR_COLUMNS, date: 'date' },
  partitionBy: ['date'],
  clusterBy: ['symbol', 'open_time'],
  rowGroupRows: BAR_ROW_GROUP_ROWS,
  naturalKey: ['venue', 'market', 'symbol', 'open_time'],
  timeColumn: 'open_time',
} as const satisfies LakeTable;
