/** Totals of liquidations by bucket: lower bounds, since most venues' streams are samples. */
import { get, type ListAnswer, type Parameters, type Row } from './api.ts';
import type { LiquidationBucket } from './chart/price-chart.ts';
import { timeOf } from './text.ts';

/** @throws ApiError */
export async function liquidationBuckets(
  question: Parameters,
  signal: AbortSignal,
): Promise<LiquidationBucket[]> {
  const { data } = await get<ListAnswer<Row>>('/liquidations', { limit: 10_000, ...question }, signal);
  const buckets = new Map<number, { timeMs: number; longs: number; shorts: number }>();
  for (const row of data) {
    const timeMs = timeOf(row.bucket ?? row.time);
    const bucket = buckets.get(timeMs) ?? { timeMs, longs: 0, shorts: 0 };
    const notional = Number(row.notional_at_least ?? 0);
    // SELL closes a long.
    if (row.side === 'SELL') bucket.longs += notional;
    else bucket.shorts += notional;
    buckets.set(timeMs, bucket);
  }
  return [...buckets.values()].sort((a, b) => a.timeMs - b.timeMs);
}
