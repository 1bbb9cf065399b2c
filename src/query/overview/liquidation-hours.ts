/** The rows of `liquidations-by-hour` as up to a day of hours without holes, oldest first, all venues together. */
import type { Row } from '../../output/row-writer.ts';
import { type Span, shareHeard } from './coverage-days.ts';

export interface LiquidationHour {
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  /** Notional of closed longs, at least. */
  readonly longs: number;
  /** Notional of closed shorts, at least. */
  readonly shorts: number;
  /** Share of the hour that was listened to, 0 to 1: zero orders in a silent hour mean nothing. */
  readonly heard: number;
}

const HOUR_MS = 3_600_000;
const MAX_HOURS = 24;

/**
 * @param rows hour, venue, what its total is of, orders, longs, shorts; newest first. An hour without a row had no orders.
 * @param spans when somebody listened, oldest first; none for a lake that does not know.
 */
export function liquidationHours(rows: readonly Row[], spans: readonly Span[]): readonly LiquidationHour[] {
  const known = new Map<number, { readonly longs: number; readonly shorts: number }>();
  for (const [hour, , , , longs, shorts] of rows) {
    const hourMs = Date.parse(String(hour));
    const before = known.get(hourMs) ?? { longs: 0, shorts: 0 };
    known.set(hourMs, { longs: before.longs + Number(longs), shorts: before.shorts + Number(shorts) });
  }
  const [newestMs] = known.keys();
  if (newestMs === undefined) return [];
  const oldestMs = Math.max([...known.keys()].at(-1) ?? newestMs, newestMs - (MAX_HOURS - 1) * HOUR_MS);
  const untilMs = spans.at(-1)?.endMs;
  return Array.from({ length: (newestMs - oldestMs) / HOUR_MS + 1 }, (_, index) => {
    const startMs = oldestMs + index * HOUR_MS;
    const { longs, shorts } = known.get(startMs) ?? { longs: 0, shorts: 0 };
    const heard =
      untilMs === undefined ? 1 : (shareHeard(spans, startMs, Math.min(startMs + HOUR_MS, untilMs)) ?? 0);
    return { startMs, longs, shorts, heard };
  });
}

/** Sums that run on: what was liquidated since the first of the hours. */
export function runningTotal(hours: readonly LiquidationHour[]): number[] {
  let total = 0;
  return hours.map(({ longs, shorts }) => {
    total += longs + shorts;
    return total;
  });
}
