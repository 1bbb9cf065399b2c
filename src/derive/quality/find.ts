/** Findings of all checks, as rows; and what looks wrong in prices. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { AddFile } from '../../delta/log/actions.ts';
import { type InputTable, selectOf } from '../input/input-table.ts';
import { BAR_CHECKS } from './bar-checks.ts';
import { DUPLICATE_KEY, type FoundInBar } from './bar-quality.ts';
import { MARKET_CHECKS } from './market-checks.ts';
import { PRICE_CHECKS } from './price-checks.ts';
import type { Thresholds } from './quality-check.ts';
import { SERIES_CHECKS } from './series-checks.ts';

export const QUALITY_CHECKS = [
  ...BAR_CHECKS,
  ...SERIES_CHECKS,
  DUPLICATE_KEY,
  ...MARKET_CHECKS,
  ...PRICE_CHECKS,
];

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

export function findingOf({ check, key, openTimeUs, value, threshold }: FoundInBar): Finding {
  return {
    check: check.name,
    severity: check.severity,
    row_table: 'bars_1m',
    venue: key.venue,
    market: key.market,
    symbol: key.symbol,
    row_time: openTimeUs,
    value: finite(value),
    threshold: finite(threshold),
  };
}

/** @param files of `prices` that are new. */
export async function findInPrices(
  connection: DuckDBConnection,
  prices: InputTable,
  files: readonly AddFile[],
  thresholds: Thresholds,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (files.length === 0) return findings;
  const rows = await selectOf(connection, prices, files);
  for (const check of PRICE_CHECKS) {
    const found = await connection.runAndReadAll(
      `WITH rows AS (${rows}) SELECT venue, market, symbol, epoch_us(row_time)::DOUBLE, value, threshold FROM (${check.sql(thresholds)}) ORDER BY ALL`,
    );
    for (const [venue, market, symbol, time, value, threshold] of found.getRows())
      findings.push({
        check: check.name,
        severity: check.severity,
        row_table: prices.name,
        venue: String(venue),
        market: String(market),
        symbol: String(symbol),
        row_time: Number(time),
        value: finite(value),
        threshold: finite(threshold),
      });
  }
  return findings;
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
