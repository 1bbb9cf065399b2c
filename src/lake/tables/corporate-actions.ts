import type { LakeTable } from '../table.ts';

export const CORPORATE_ACTIONS_TABLE = {
  name: 'corporate_actions',
  description:
    'A dividend or a split of a stock, as first reported: `value` is the amount a share, or new shares for one old one. Bars are stored as they were traded.',
  columns: {
    venue: 'string',
    market: 'string',
    symbol: 'string',
    kind: 'string',
    action_time: 'timestamp',
    value: 'double',
    known_at: 'timestamp',
  },
  partitionBy: [],
  clusterBy: ['venue', 'market', 'symbol', 'action_time'],
  naturalKey: ['venue', 'market', 'symbol', 'kind', 'action_time', 'value'],
  timeColumn: 'action_time',
} as const satisfies LakeTable;
