/** Runs the checks over rows that are new, with as much before them as the checks look back on. */
import { type DuckDBConnection, quotedString } from '@duckdb/node-api';
import type { AddFile } from '../../delta/log/actions.ts';
import { dayText } from '../../lake/timeframe.ts';
import { filesIn, type InputTable, newestUsIn, selectOf } from '../input/input-table.ts';
import { BAR_CHECKS } from './bar-checks.ts';
import type { QualityCheck, Thresholds } from './quality-check.ts';
import { SERIES_CHECKS } from './series-checks.ts';

export const QUALITY_CHECKS: readonly QualityCheck[] = [...BAR_CHECKS, ...SERIES_CHECKS];

export interface Finding {
  readonly check: string;
  readonly severity: string;
  readonly row_table: string;
  readonly venue: string;
  readonly market: string;
  readonly symbol: string;
  /** Microseconds since the epoch. */
  readonly row_time: number;
  readonly value: number | null;
  readonly threshold: number | null;
}

/** For an average of 14 bars, also where some are missing. */
const LEAST_LOOK_BACK_US = 60 * 60e6;
const TIME_COLUMNS = { bars_1m: 'open_time', prices: 'collected_at' } as const;

/** @param added files of the table that are new. */
export async function findIn(
  connection: DuckDBConnection,
  input: InputTable,
  added: readonly AddFile[],
  thresholds: Thresholds,
): Promise<Finding[]> {
  if (added.length === 0) return [];
  const column = input.name === 'prices' ? TIME_COLUMNS.prices : TIME_COLUMNS.bars_1m;
  await takeRows(connection, input, added, column, thresholds);
  const findings: Finding[] = [];
  for (const check of QUALITY_CHECKS) {
    if (check.table !== input.name) continue;
    const found = await connection.runAndReadAll(
      `SELECT venue, market, symbol, epoch_us(row_time)::DOUBLE, value, threshold FROM (${check.sql(thresholds)}) ORDER BY ALL`,
    );
    for (const [venue, market, symbol, time, value, threshold] of found.getRows())
      findings.push({
        check: check.name,
        severity: check.severity,
        row_table: input.name,
        venue: String(venue),
        market: String(market),
        symbol: String(symbol),
        row_time: Number(time),
        value: finite(value),
        threshold: finite(threshold),
      });
  }
  await connection.run('DROP TABLE rows');
  return findings;
}

/** As the temporary table `rows`: each check reads it. Prices are looked at one by one, bars beside their neighbours. */
async function takeRows(
  connection: DuckDBConnection,
  input: InputTable,
  added: readonly AddFile[],
  column: string,
  { qualityStuck, qualityStale }: Thresholds,
): Promise<void> {
  const created = 'CREATE OR REPLACE TEMP TABLE rows AS';
  if (input.name === 'prices') {
    await connection.run(`${created} ${await selectOf(connection, input, added)}`);
    return;
  }
  const oldest = await connection.runAndReadAll(
    `SELECT epoch_us(min(${column}))::DOUBLE FROM (${await selectOf(connection, input, added)})`,
  );
  const lookBackUs = Math.max(LEAST_LOOK_BACK_US, 2000 * qualityStuck, 2000 * qualityStale);
  const fromUs = Number(oldest.getRows()[0]?.[0] ?? 0) - lookBackUs;
  const first = dayText(fromUs);
  const files = filesIn(input, ({ date }) => (date ?? '') >= first).filter(
    (file) => (newestUsIn(file, column) ?? fromUs) >= fromUs,
  );
  await connection.run(
    `${created} SELECT *, ${column} < make_timestamptz(${fromUs + lookBackUs / 2}) AS is_edge
     FROM (${await selectOf(connection, input, files)})
     WHERE timeframe = ${quotedString('1m')} AND ${column} >= make_timestamptz(${fromUs})`,
  );
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
