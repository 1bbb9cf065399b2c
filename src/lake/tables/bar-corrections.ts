import type { LakeTable } from '../table.ts';
import { BAR_COLUMNS } from './bar-columns.ts';

export const BAR_CORRECTIONS_TABLE = {
  name: 'bar_corrections',
  description:
    'Later versions of one-minute bars that differ from what was first known; `revision` counts from 1.',
  columns: { ...BAR_COLUMNS, revision: 'long', date: 'date' },
  partitionBy: ['date'],
  clusterBy: ['symbol', 'open_time'],
  naturalKey: ['venue', 'market', 'symbol', 'open_time', 'revision'],
  timeColumn: 'open_time',
} as const satisfies LakeTable;
