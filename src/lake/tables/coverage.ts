import { FIRST_VENUE } from '../first-venue.ts';
import type { LakeTable, LakeView, NamedQuery } from '../table.ts';

/**
 * Views that build on `coverage`:
 *
 * - `coverage_by_market`: when at least one connection was proven to listen to a market of a venue, overlaps merged. A
 *   row `unproven` of no one connection takes back what earlier rows of its machine called `listening`, and nothing that
 *   another machine heard. Rows without a market are older than the column: they are about all markets of the venue.
 * - `coverage_spans`: when all markets of the first venue's liquidations were listened to. A market counts from its first
 *   row on.
 * - `coverage_gaps`: the holes between, with the reason why the span before each ended.
 * - `listened(t)`: whether someone listened then, so that "no rows" can be distinguished from "nobody listened"; for another
 *   venue `listened(t, venue)`, for another stream or source `listened(t, venue, stream)`. A hole of one is never hidden
 *   by another.
 */
const VIEWS: readonly LakeView[] = [
  {
    name: 'coverage_by_market',
    reads: ['coverage'],
    sql: `CREATE VIEW coverage_by_market AS
   WITH any_version AS (
     SELECT * FROM coverage UNION ALL BY NAME SELECT NULL::VARCHAR AS venue, NULL::VARCHAR AS market, NULL::VARCHAR AS stream WHERE false
   ), heard AS (
     SELECT coalesce(venue, '${FIRST_VENUE}') AS venue, market, source, coalesce(stream, '') AS stream, state, started_at, ended_at, end_reason, connection,
       connection = '' OR connection LIKE '%/' AS is_about_all
     FROM any_version WHERE state IN ('listening', 'unproven')
   ), markets AS (
     SELECT DISTINCT venue, source, market FROM heard WHERE market IS NOT NULL
   ), named AS (
     SELECT h.* EXCLUDE (market), coalesce(h.market, m.market, '') AS market
     FROM heard h LEFT JOIN markets m ON h.market IS NULL AND m.venue = h.venue AND m.source = h.source
   ), known AS (
     SELECT * EXCLUDE (place), CASE WHEN contains(place, '/') OR NOT (place = market OR starts_with(place, market || '-') OR starts_with(place, market || '.')) THEN split_part(place, '/', 1) ELSE '' END AS machine
     FROM (SELECT *, rtrim(regexp_replace(coalesce(connection, ''), 'ws-[0-9]+$', ''), '/') AS place FROM named)
   ), marked AS (
     SELECT *, max(ended_at) OVER (PARTITION BY machine, venue, source, stream, market ORDER BY started_at, ended_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
     FROM known WHERE state = 'listening'
   ), grouped AS (
     SELECT *, sum(CASE WHEN before IS NULL OR started_at > before THEN 1 ELSE 0 END) OVER (PARTITION BY machine, venue, source, stream, market ORDER BY started_at, ended_at) AS island
     FROM marked
   ), islands AS (
     SELECT machine, venue, source, stream, market, island, min(started_at) AS started_at, max(ended_at) AS ended_at,
       arg_max(end_reason, row(ended_at, end_reason <> 'segment')) AS end_reason
     FROM grouped GROUP BY ALL
   ), revoked AS (
     SELECT DISTINCT machine, venue, source, stream, market, started_at, ended_at, end_reason FROM known WHERE state = 'unproven' AND is_about_all AND ended_at > started_at
   ), starts AS (
     SELECT machine, venue, source, stream, market, island, started_at FROM islands
     UNION SELECT i.machine, i.venue, i.source, i.stream, i.market, i.island, r.ended_at FROM islands i
       JOIN revoked r USING (machine, venue, source, stream, market) WHERE r.ended_at >= i.started_at AND r.ended_at < i.ended_at
   ), proven AS (
     SELECT s.machine, s.venue, s.source, s.stream, s.market, s.started_at, i.ended_at, i.end_reason, min(r.started_at) AS revoked_at, arg_min(r.end_reason, r.started_at) AS revoked_reason
     FROM starts s JOIN islands i USING (machine, venue, source, stream, market, island)
     LEFT JOIN revoked r ON r.machine = s.machine AND r.venue = s.venue AND r.source = s.source AND r.stream = s.stream AND r.market = s.market AND r.started_at >= s.started_at AND r.started_at <= i.ended_at
     WHERE NOT EXISTS (
       SELECT 1 FROM revoked q WHERE q.machine = s.machine AND q.venue = s.venue AND q.source = s.source AND q.stream = s.stream AND q.market = s.market AND q.started_at <= s.started_at AND q.ended_at > s.started_at
     )
     GROUP BY ALL
   ), by_machine AS (
     SELECT venue, market, source, stream, started_at, coalesce(revoked_at, ended_at) AS ended_at, coalesce(revoked_reason, end_reason) AS end_reason
     FROM proven
   ), among_machines AS (
     SELECT *, max(ended_at) OVER (PARTITION BY venue, source, stream, market ORDER BY started_at, ended_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
     FROM by_machine
   ), together AS (
     SELECT *, sum(CASE WHEN before IS NULL OR started_at > before THEN 1 ELSE 0 END) OVER (PARTITION BY venue, source, stream, market ORDER BY started_at, ended_at) AS island
     FROM among_machines
   )
   SELECT venue, market, source, stream, min(started_at) AS started_at, max(ended_at) AS ended_at, arg_max(end_reason, row(ended_at, end_reason <> 'segment')) AS end_reason
   FROM together GROUP BY venue, market, source, stream, island`,
  },
  {
    name: 'coverage_spans',
    reads: ['coverage'],
    sql: `CREATE VIEW coverage_spans AS
   WITH spans AS (
     SELECT * FROM coverage_by_market WHERE venue = '${FIRST_VENUE}' AND source = 'liquidation'
   ), points AS (
     SELECT moment, sum(here) AS here, sum(wanted) AS wanted, any_value(reason) AS reason FROM (
       SELECT started_at AS moment, 1 AS here, 0 AS wanted, NULL AS reason FROM spans WHERE ended_at > started_at
       UNION ALL SELECT ended_at, -1, 0, end_reason FROM spans WHERE ended_at > started_at
       UNION ALL SELECT min(started_at), 0, 1, NULL FROM spans WHERE ended_at > started_at GROUP BY market
     ) GROUP BY moment
   ), sums AS (
     SELECT moment, reason, sum(here) OVER (ORDER BY moment) AS here, sum(wanted) OVER (ORDER BY moment) AS wanted FROM points
   ), states AS (
     SELECT moment, reason, here = wanted AS is_all, lag(here = wanted, 1, false) OVER (ORDER BY moment) AS was_all FROM sums
   ), changes AS (
     SELECT moment, is_all, lead(moment) OVER (ORDER BY moment) AS until, lead(reason) OVER (ORDER BY moment) AS reason
     FROM states WHERE is_all <> was_all
   )
   SELECT moment AS started_at, until AS ended_at, reason AS end_reason FROM changes WHERE is_all`,
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
    sql: `CREATE MACRO listened
   (t) AS EXISTS (SELECT 1 FROM coverage_spans s WHERE t BETWEEN s.started_at AND s.ended_at),
   (t, of_venue) AS (${listenedTo("m.source = 'liquidation'")}),
   (t, of_venue, of_stream) AS (${listenedTo('(m.stream = of_stream OR m.source = of_stream)')})`,
  },
];

/** Every market of the venue that had begun was listened to at `t`. */
function listenedTo(which: string): string {
  return `SELECT count(DISTINCT m.market) > 0 AND count(DISTINCT m.market) = count(DISTINCT m.market) FILTER (t <= m.ended_at)
     FROM coverage_by_market m WHERE m.venue = of_venue AND ${which} AND m.started_at <= t`;
}

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
    sql: `SELECT venue, market, connection, sum(frames)::BIGINT AS frames, sum(missed)::BIGINT AS missed, round(100 * sum(missed) / nullif(sum(frames) + sum(missed), 0), 4) AS percent_missed
FROM (SELECT * FROM coverage UNION ALL BY NAME SELECT NULL::VARCHAR AS venue, NULL::VARCHAR AS market WHERE false)
WHERE source = 'liquidation' AND ended_at >= $since GROUP BY ALL ORDER BY ALL`,
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
  naturalKey: ['source', 'stream', 'connection', 'state', 'started_at'],
  timeColumn: 'started_at',
  views: VIEWS,
  queries: QUERIES,
} as const satisfies LakeTable;
