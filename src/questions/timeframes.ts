/** Lengths of bars, and the table that holds each. */
import { LakeError } from '../base/errors.ts';

export const TIMEFRAMES = ['1m', '5m', '15m', '1h', '4h', '1d'] as const;
export type Timeframe = (typeof TIMEFRAMES)[number];

const MINUTE_US = 60_000_000n;
const LENGTH_US: Readonly<Record<Timeframe, bigint>> = {
  '1m': MINUTE_US,
  '5m': 5n * MINUTE_US,
  '15m': 15n * MINUTE_US,
  '1h': 60n * MINUTE_US,
  '4h': 240n * MINUTE_US,
  '1d': 1440n * MINUTE_US,
};

export function lengthUsOf(timeframe: Timeframe): bigint {
  return LENGTH_US[timeframe];
}

/** @throws LakeError USAGE. */
export function parseTimeframe(text: string): Timeframe {
  const found = TIMEFRAMES.find((timeframe) => timeframe === text);
  if (found) return found;
  throw new LakeError('USAGE', `\`${text.slice(0, 20)}\` is not a timeframe`, {
    hint: `write one of ${TIMEFRAMES.join(', ')}`,
  });
}
