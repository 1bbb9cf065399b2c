import type { LakeTable, LakeView, NamedQuery } from '../table.ts';

/**
 * Views that build on `coverage`:
 *
 * - `coverage_spans`: when at least one connection was proven to listen, overlaps merged. A row `unproven` without a
 *   connection takes back what earlier rows called `listening`.
 * - `coverage_gaps`: the holes between, with the reason why the span before each ended.
 * - `listened(t)`: whether anyone listened at that time, so that "no rows" can be told from "nobody listened".
 */
const VIEWS: readonly LakeView[] = [
  {
    name: 'coverage_spans',
    reads: ['coverage'],
    sql: `CREATE VIEW coverage_spans AS
   WITH spans AS (
     SELECT started_at, ended_at, end_reason FROM coverage
     WHERE source = 'liquidation' AND state = 'listening'
   ), marked AS (
     SELECT *, max(ended_at) OVER (ORDER BY started_at, ended_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
     FROM spans
   ), grouped AS (
     SELECT *, sum(CASE WHEN before IS NULL OR started_at > before THEN 1 ELSE 0 END) OVER (ORDER BY started_at, ended_at) AS island
     FROM marked
   ), islands AS (
     SELECT island, min(started_at) AS started_at, max(ended_at) AS ended_at,
       arg_max(end_reason, row(ended_at, end_reason <> 'segment')) AS end_reason
     FROM grouped GROUP BY island
   ), doubts AS (
     SELECT started_at, ended_at FROM coverage
     WHERE source = 'liquidation' AND state = 'unproven' AND connection = '' AND ended_at > started_at
   ), starts AS (
     SELECT island, started_at FROM islands
     UNION SELECT i.island, d.ended_at FROM islands i JOIN doubts d ON d.ended_at >= i.started_at AND d.ended_at < i.ended_at
   ), proven AS (
     SELECT s.started_at, i.ended_at, i.end_reason, (
       SELECT min(d.started_at) FROM doubts d WHERE d.started_at >= s.started_at AND d.started_at <= i.ended_at
     ) AS doubted_at
     FROM starts s JOIN islands i USING (island)
     WHERE NOT EXISTS (SELECT 1 FROM doubts d WHERE d.started_at <= s.started_at AND d.ended_at > s.started_at)
   )
   SELECT started_at, coalesce(doubted_at, ended_at) AS ended_at,
     CASE WHEN doubted_at IS NULL THEN end_reason ELSE 'liquidations silent' END AS end_reason
   FROM proven`,
  },
  {
    name: 'coverage_gaps',
    reads: ['coverage'],
    sql: `CREATE VIEW coverage_gaps AS
   SELECT ended_at AS started_at, next_start AS ended_at, next_start - ended_at AS length, end_reason AS reason
   FROM (SELECT *, lead(started_at) OVER (ORDER BY started_at) AS next_start FROM coverage_spans)
   WHERE next_start > ended_at`,
  },
  {
    name: 'listened',
    reads: ['coverage'],
    sql: `CREATE MACRO listened(t) AS EXISTS (SELECT 1 FROM coverage_spans s WHERE t BETWEEN s.started_at AND s.ended_at)`,
  },
];

const QUERIES: readonly NamedQuery[] = [
  {
    name: 'coverage',
    title: 'What share of the time liquidations were listened to',
    sql: `WITH span AS (SELECT greatest(min(started_at), $since) AS first, greatest(max(ended_at), $until) AS last FROM coverage_spans HAVING count(*) > 0 OR epoch($until) > 0)
SELECT any_value(first) AS since, any_value(last) AS until, count(s.started_at) AS spans,
  round(100 * coalesce(sum(epoch(least(s.ended_at, last)) - epoch(greatest(s.started_at, first))) FILTER (s.started_at IS NOT NULL), 0) / nullif(any_value(epoch(last) - epoch(first)), 0), 3) AS percent_listened
FROM span LEFT JOIN coverage_spans s ON s.ended_at >= first HAVING any_value(first) IS NOT NULL`,
  },
  {
    name: 'coverage-gaps',
    title: 'Holes in which nobody listened, and why',
    sql: `WITH gap AS (
  SELECT started_at, ended_at, length, reason FROM coverage_gaps
  UNION ALL SELECT max(ended_at), $until, $until - max(ended_at), 'nothing recorded since' FROM coverage_spans HAVING max(ended_at) < $until
)
SELECT started_at, ended_at, round(epoch(length), 1) AS seconds, reason FROM gap WHERE ended_at >= $since ORDER BY length DESC, started_at LIMIT 20`,
  },
  {
    name: 'missed-frames',
    title: 'Frames that one connection missed and the other one had',
    sql: `SELECT connection, sum(frames)::BIGINT AS frames, sum(missed)::BIGINT AS missed, round(100 * sum(missed) / nullif(sum(frames) + sum(missed), 0), 4) AS percent_missed
FROM coverage WHERE source = 'liquidation' AND ended_at >= $since GROUP BY 1 ORDER BY 1`,
  },
];

export const COVERAGE_TABLE = {
  name: 'coverage',
  description:
    'When each connection was really listening, and why each span ended; one row a price poll too.',
  columns: {
    source: 'string',
    venue: 'string',
    market: 'string',
    stream: 'string',
    connection: 'string',
    state: 'string',
    started_at: 'timestamp',
    ended_at: 'timestamp',
    frames: 'long',
    missed: 'long',
    end_reason: 'string',
    clock_offset_us: 'long',
    date: 'date',
  },
  partitionBy: ['date'],
  clusterBy: ['stream'],
  timeColumn: 'started_at',
  views: VIEWS,
  queries: QUERIES,
} as const satisfies LakeTable;
