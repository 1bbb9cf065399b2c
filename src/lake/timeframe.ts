/**
 * Lengths of bars, and the period that a table of derived rows is partitioned by: the day (1m), the month (5m, 15m, 1h)
 * or the year (4h, 1d) in UTC. Times are microseconds since the epoch.
 */

export const TIMEFRAMES = ['1m', '5m', '15m', '1h', '4h', '1d'] as const;
export type Timeframe = (typeof TIMEFRAMES)[number];

export const MINUTE_US = 60_000_000;
export const DAY_US = 86_400_000_000;

const MINUTES: Readonly<Record<Timeframe, number>> = {
  '1m': 1,
  '5m': 5,
  '15m': 15,
  '1h': 60,
  '4h': 240,
  '1d': 1440,
};

export function isTimeframe(text: string): text is Timeframe {
  return Object.hasOwn(MINUTES, text);
}

export function minutesOf(timeframe: Timeframe): number {
  return MINUTES[timeframe];
}

export function lengthUsOf(timeframe: Timeframe): number {
  return MINUTES[timeframe] * MINUTE_US;
}

/** The start of the period that a time is in, moved by so many periods. */
export function periodStartUs(timeframe: Timeframe, timeUs: number, move = 0): number {
  if (timeframe === '1m') return (Math.floor(timeUs / DAY_US) + move) * DAY_US;
  const date = new Date(timeUs / 1000);
  const isYear = timeframe === '4h' || timeframe === '1d';
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return 1000 * (isYear ? Date.UTC(year + move, 0) : Date.UTC(year, month + move));
}

/** As it stands in the partition column: the first day. */
export function dayText(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString().slice(0, 10);
}

/**
 * When the time that a partition is for is over. @param values of the partition columns by name.
 * @returns milliseconds since the epoch; undefined for a partition that is not one of time.
 */
export function partitionEndMs(values: Readonly<Record<string, string | null>>): number | undefined {
  const { timeframe, period } = values;
  const ends = Object.values(values)
    .map((value) => Date.parse(`${value}T00:00:00Z`))
    .filter((ms) => !Number.isNaN(ms));
  if (ends.length === 0) return undefined;
  if (period && timeframe && isTimeframe(timeframe))
    return periodStartUs(timeframe, Date.parse(`${period}T00:00:00Z`) * 1000, 1) / 1000;
  return Math.max(...ends) + DAY_US / 1000;
}
