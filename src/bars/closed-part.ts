import { type MinuteRange, minuteOf } from './plan-holes.ts';

/**
 * The minutes of a range that were over when the exchange answered, by the clock of its host. A minute that is not over has
 * a bar of its trades so far; ours may run ahead, or have been set since it was compared.
 * @param answeredAtUs undefined: it did not say.
 */
export function closedPart({ fromUs, toUs }: MinuteRange, answeredAtUs: number | undefined): MinuteRange {
  if (answeredAtUs === undefined) return { fromUs, toUs };
  return { fromUs, toUs: Math.max(fromUs, Math.min(toUs, minuteOf(answeredAtUs))) };
}
