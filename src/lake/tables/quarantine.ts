import type { LakeTable, NamedQuery } from '../table.ts';

const QUERIES: readonly NamedQuery[] = [
  {
    name: 'quarantine',
    title: 'What could not be understood',
    sql: 'SELECT reason, source, count(*) AS rows, max(received_at) AS newest FROM quarantine WHERE received_at >= $since GROUP BY ALL ORDER BY rows DESC, reason, source LIMIT 20',
  },
];

export const QUARANTINE_TABLE = {
  name: 'quarantine',
  description:
    'What could not be understood: the beginning of the raw text, the reason, and where it came from.',
  columns: {
    source: 'string',
    venue: 'string',
    market: 'string',
    connection: 'string',
    received_at: 'timestamp',
    reason: 'string',
    raw: 'string',
    date: 'date',
  },
  partitionBy: ['date'],
  clusterBy: [],
  naturalKey: ['source', 'connection', 'received_at', 'reason', 'raw'],
  timeColumn: 'received_at',
  queries: QUERIES,
} as const satisfies LakeTable;
