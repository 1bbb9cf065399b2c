/** Which stretches of time a backfill takes one after the other, and how long that will take. */
import type { MinuteRange } from '../../bars/plan-holes.ts';
import type { HistorySpec } from '../../sources/history-spec.ts';
import type { WatchedSymbol } from '../../sources/watched-symbol.ts';

const DAY_US = 86_400_000_000;
const MINUTES_A_DAY = 1440;
/** Rows of one commit: some dozens of megabytes while they are made. */
const MAX_ROWS = 400_000;
const MAX_DAYS = 31;

/** Whole days of one month, oldest first, as many at a time as make one commit: the archive has a file a month. */
export function chunksOf({ fromUs, toUs }: MinuteRange, symbols: number): readonly MinuteRange[] {
  const days = Math.min(MAX_DAYS, Math.max(1, Math.floor(MAX_ROWS / (MINUTES_A_DAY * Math.max(1, symbols)))));
  const chunks: MinuteRange[] = [];
  for (let startUs = fromUs; startUs < toUs; ) {
    const dayUs = startUs - (startUs % DAY_US);
    const endUs = Math.min(toUs, dayUs + days * DAY_US, nextMonthUs(startUs));
    chunks.push({ fromUs: startUs, toUs: endUs });
    startUs = endUs;
  }
  return chunks;
}

function nextMonthUs(us: number): number {
  const day = new Date(us / 1000);
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 1) * 1000;
}

/** The whole days of a range as periods of the archive: months where they lie in it as a whole. */
export function archivePeriods({ fromUs, toUs }: MinuteRange): readonly (MinuteRange & { period: string })[] {
  const periods: (MinuteRange & { period: string })[] = [];
  for (let dayUs = Math.floor(fromUs / DAY_US) * DAY_US; dayUs < toUs; ) {
    const day = new Date(dayUs / 1000);
    const monthEndUs = nextMonthUs(dayUs);
    const isMonth = day.getUTCDate() === 1 && dayUs >= fromUs && monthEndUs <= toUs;
    const endUs = isMonth ? monthEndUs : dayUs + DAY_US;
    periods.push({ fromUs: dayUs, toUs: endUs, period: day.toISOString().slice(0, isMonth ? 7 : 10) });
    dayUs = endUs;
  }
  return periods;
}

/** Days of a month, where the archive has no file of it as a whole yet. */
export function daysOf(range: MinuteRange): readonly (MinuteRange & { period: string })[] {
  const days: (MinuteRange & { period: string })[] = [];
  for (let dayUs = range.fromUs; dayUs < range.toUs; dayUs += DAY_US)
    days.push({
      fromUs: dayUs,
      toUs: dayUs + DAY_US,
      period: new Date(dayUs / 1000).toISOString().slice(0, 10),
    });
  return days;
}

export interface Estimate {
  readonly minutes: number;
  readonly requests: number;
  /** By the limits of the venue alone. */
  readonly seconds: number;
}

/** What asking by REST will cost, before anything is known to be there. */
export function estimateRest(
  history: HistorySpec,
  addresses: Readonly<Record<string, string>>,
  symbols: readonly WatchedSymbol[],
  range: MinuteRange,
  limitOf: (url: string) => number,
): Estimate {
  let [requests, seconds] = [0, 0];
  const minutes = (range.toUs - range.fromUs) / 60_000_000;
  for (const { market, symbol } of symbols) {
    const most = history.maxMinutes(market);
    const toUs = range.fromUs + Math.min(minutes, most) * 60_000_000;
    const one = history.request(addresses, market, symbol, { fromUs: range.fromUs, toUs });
    const count = Math.ceil(minutes / most);
    requests += count;
    seconds += (count * one.weight * 60) / limitOf(one.url);
  }
  return { minutes: minutes * symbols.length, requests, seconds };
}
