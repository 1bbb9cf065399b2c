/** What the newest day of coverage, quarantine, bars, quality and predictions says: asked at most twice a minute. */

import type { Logger } from 'pino';
import { messageOf } from '../base/errors.ts';
import { FIRST_VENUE } from '../lake/first-venue.ts';
import { toJson } from '../output/cell.ts';
import type { LakeReader } from '../questions/lake-reader.ts';
import type { Gauge, Labels, Registry } from './registry.ts';

const ASK_MS = 30_000;
const TIMEOUT_MS = 10_000;

interface RecordMetric {
  readonly table: string;
  /** Columns are labels, the last one is the value. */
  readonly sql: string;
  readonly gauge: Gauge;
}

/** Of each name the model that was promoted last. */
const CHAMPIONS =
  'SELECT * FROM models WHERE promoted_at IS NOT NULL QUALIFY row_number() OVER (PARTITION BY name ORDER BY promoted_at DESC) = 1';

export function recordMetrics(registry: Registry, reader: LakeReader, log: Logger): void {
  const gauge = (name: string, help: string) => registry.gauge(name, help, false);
  const day = (column: string) => `${column} >= now() - INTERVAL 1 DAY`;
  const metrics: readonly RecordMetric[] = [
    {
      table: 'coverage',
      gauge: gauge(
        'listening_ratio',
        'Share of the last 24 h, or since the first listening in it, that was listened to',
      ),
      sql: `SELECT source, least(1, sum(epoch(ended_at) - epoch(started_at)) / greatest(1, any_value(span)) / any_value(connections)) FROM (
  SELECT *, epoch(now()) - epoch(min(started_at) OVER (PARTITION BY source)) AS span, 1 AS connections
  FROM coverage WHERE state = 'listening' AND ${day('started_at')} AND connection LIKE '%1') GROUP BY source`,
    },
    {
      table: 'coverage',
      gauge: gauge(
        'frames_missed',
        'Frames of the last 24 h that one connection had and the other one had not',
      ),
      sql: `SELECT source, coalesce(sum(missed), 0) FROM coverage WHERE ${day('started_at')} GROUP BY source`,
    },
    {
      table: 'coverage',
      gauge: gauge('listening_ended', 'Spans of listening in the last 24 h by what ended them'),
      sql: `SELECT source, end_reason, count(*) FROM coverage WHERE state = 'listening' AND end_reason <> 'segment' AND ${day('started_at')} GROUP BY ALL`,
    },
    {
      table: 'coverage',
      gauge: gauge('polls_failed', 'Polls of the last 24 h that failed'),
      sql: `SELECT source, count(*) FROM coverage WHERE state = 'poll_failed' AND ${day('started_at')} GROUP BY source`,
    },
    {
      table: 'coverage',
      gauge: gauge('unproven_spans', 'Spans of the last 24 h in which silence is not proven'),
      sql: `SELECT source, count(*) FROM coverage WHERE state = 'unproven' AND ${day('started_at')} GROUP BY source`,
    },
    {
      table: 'coverage',
      gauge: gauge('clock_offset_seconds', 'How far the clock of this machine is from that of the exchange'),
      sql: `SELECT source, arg_max(clock_offset_us, ended_at) / 1e6 FROM coverage WHERE clock_offset_us IS NOT NULL AND ${day('started_at')} GROUP BY source`,
    },
    {
      table: 'quarantine',
      gauge: gauge('quarantined', 'What could not be understood in the last 24 h, by reason'),
      sql: `SELECT source, reason, count(*) FROM quarantine WHERE ${day('received_at')} GROUP BY ALL ORDER BY 3 DESC LIMIT 20`,
    },
    {
      table: 'liquidation',
      gauge: gauge('liquidations', 'Liquidations seen in the last 24 h: a lower bound'),
      sql: `SELECT coalesce(venue, '${FIRST_VENUE}'), side, count(*) FROM liquidation WHERE ${day('trade_time')} GROUP BY ALL`,
    },
    {
      table: 'bars_1m',
      gauge: gauge('bars_closed', 'Closed 1m bars of the last 24 h by origin and completeness'),
      sql: `SELECT origin, completeness, count(*) FROM bars_1m WHERE ${day('open_time')} GROUP BY ALL`,
    },
    {
      table: 'bars_1m',
      gauge: gauge('bars_open_holes', 'Minutes of the last 24 h without a bar between two bars of a symbol'),
      sql: `SELECT market, coalesce(sum(missing), 0) FROM (
  SELECT market, date_diff('minute', lag(open_time) OVER (PARTITION BY venue, market, symbol ORDER BY open_time), open_time) - 1 AS missing
  FROM bars_1m WHERE market <> 'stocks' AND ${day('open_time')}) GROUP BY market`,
    },
    {
      table: 'bars_1m',
      gauge: gauge(
        'bars_lag_seconds',
        'Median time from the close of a bar to its receipt, over the last 24 h',
      ),
      sql: `SELECT origin, median(epoch(known_at) - epoch(close_time)) FROM bars_1m WHERE ${day('open_time')} GROUP BY origin`,
    },
    {
      table: 'bars_1m',
      gauge: gauge('bars_watermark_age_seconds', 'Time since the newest close of a 1m bar, by market'),
      sql: `SELECT market, epoch(now()) - epoch(max(close_time)) FROM bars_1m WHERE ${day('open_time')} GROUP BY market`,
    },
    {
      table: 'models',
      gauge: gauge('model_age_seconds', 'Time since the oldest champion was trained'),
      sql: `SELECT max(epoch(now()) - epoch(made_at)) FROM (${CHAMPIONS}) HAVING count(*) > 0`,
    },
    {
      table: 'models',
      gauge: gauge('model_skill', 'Lowest skill of a champion over "no change", as it was judged'),
      sql: `SELECT min(skill) FROM (${CHAMPIONS}) HAVING count(skill) > 0`,
    },
    {
      table: 'predictions',
      gauge: gauge('predictions', 'Predictions of the last 24 h'),
      sql: `SELECT count(*) FROM predictions WHERE ${day('made_at')}`,
    },
    {
      table: 'predictions',
      gauge: gauge('prediction_age_seconds', 'Time since the newest prediction'),
      sql: `SELECT epoch(now()) - epoch(max(made_at)) FROM predictions HAVING count(*) > 0`,
    },
    {
      table: 'bar_corrections',
      gauge: gauge('bars_corrected', 'Corrections of bars of the last 24 h'),
      sql: `SELECT market, count(*) FROM bar_corrections WHERE ${day('open_time')} GROUP BY market`,
    },
    {
      table: 'bars_rollup',
      gauge: gauge('derived_age_seconds', 'Time since the newest close of each timeframe'),
      sql: `SELECT timeframe, epoch(now()) - epoch(max(close_time)) FROM bars_rollup WHERE open_time >= now() - INTERVAL 3 DAY GROUP BY timeframe`,
    },
    {
      table: 'quality',
      gauge: gauge('quality_findings', 'Findings of the last 24 h by check'),
      sql: `SELECT "check", severity, count(*) FROM quality WHERE ${day('row_time')} GROUP BY ALL`,
    },
  ];
  let answers: readonly { gauge: Gauge; values: readonly (readonly [Labels, number])[] }[] = [];
  let askedMs = Number.NEGATIVE_INFINITY;
  registry.onScrape(async () => {
    if (performance.now() - askedMs > ASK_MS) {
      askedMs = performance.now();
      const asked = metrics.map(async (metric) => ({
        gauge: metric.gauge,
        values: await ask(metric, reader, log),
      }));
      answers = await Promise.all(asked);
    }
    for (const { gauge: of, values } of answers) for (const [labels, value] of values) of.set(value, labels);
  });
}

async function ask(
  { table, sql }: RecordMetric,
  reader: LakeReader,
  log: Logger,
): Promise<(readonly [Labels, number])[]> {
  try {
    const lake = await reader.pin([table]);
    if (lake.table(table) === undefined) return [];
    const scans = { [table]: lake.newestDays(table) };
    const rows = await lake.query({ sql, scans, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const cells = (row: number) => rows.columns.map((column) => toJson(column[row] ?? null));
    return Array.from({ length: rows.rowCount }, (_, row) => {
      const all = cells(row);
      const labels = all
        .slice(0, -1)
        .map((value, index) => [LABELS[table]?.[index] ?? labelOf(rows.names[index]), String(value ?? '')]);
      return [Object.fromEntries(labels) as Labels, Number(all.at(-1) ?? 0)] as const;
    });
  } catch (error) {
    log.debug({ table }, `a metric cannot be read: ${messageOf(error)}`);
    return [];
  }
}

/** Where a column is an expression. */
const LABELS: Readonly<Record<string, readonly string[]>> = { liquidation: ['venue', 'side'] };

function labelOf(name = ''): string {
  return name.replace(/\W/g, '_');
}
