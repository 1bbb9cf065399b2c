/** A view or macro over tables of the lake. */
export interface LakeView {
  readonly name: string;
  /** The tables that it is made of. */
  readonly reads: readonly string[];
  readonly sql: string;
}

/**
 * Views that build on `coverage`:
 *
 * - `coverage_spans`: when at least one connection was proven to listen, overlaps merged. A row `unproven` without a
 *   connection takes back what earlier rows called `listening`.
 * - `coverage_gaps`: the holes between, with the reason why the span before each ended.
 * - `listened(t)`: whether anyone listened at that time, so that "no rows" can be told from "nobody listened".
 * - `liquidation_by_minute`: orders and notional a minute since the first coverage; 0 where someone listened and none
 *   came, NULL where nobody listened for the whole minute.
 */
export const COVERAGE_VIEWS: readonly LakeView[] = [
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
  {
    name: 'liquidation_by_minute',
    reads: ['coverage', 'liquidation'],
    sql: `CREATE VIEW liquidation_by_minute AS
   WITH minutes AS (
     SELECT unnest(generate_series(date_trunc('minute', min(started_at)), max(ended_at), INTERVAL 1 MINUTE)) AS minute FROM coverage_spans
   ), heard AS (
     SELECT m.minute, count(s.started_at) > 0 AS listened
     FROM minutes m LEFT JOIN coverage_spans s ON s.started_at <= m.minute AND s.ended_at >= m.minute + INTERVAL 1 MINUTE
     GROUP BY m.minute
   ), orders AS (
     SELECT date_trunc('minute', trade_time) AS minute, count(*) AS orders, sum(notional) AS notional FROM liquidation GROUP BY 1
   )
   SELECT h.minute, h.listened,
     CASE WHEN h.listened THEN coalesce(o.orders, 0) ELSE o.orders END AS orders,
     CASE WHEN h.listened THEN coalesce(o.notional, 0) ELSE o.notional END AS notional_at_least
   FROM heard h LEFT JOIN orders o USING (minute)`,
  },
];
