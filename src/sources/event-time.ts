/**
 * Times of the exchange: milliseconds by default, microseconds where asked for. The number of digits tells them apart
 * until 2286; seconds and nanoseconds are refused instead of guessed at.
 */

/** Events may be this far from the time they were received. */
const MAX_DISTANCE_US = 26 * 3_600_000_000;

/** @returns microseconds since the epoch, or undefined when it is no time in milliseconds or microseconds. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined;
  if (value >= 1e12 && value < 1e13) return value * 1000;
  return value >= 1e15 && value < 1e16 ? value : undefined;
}

/**
 * Whether an event of `timeUs` can have been received at `receivedAtUs`.
 * @param sentAtUs when the exchange says that it sent it, or what its clock showed then by what was measured: where both of
 *   its times agree, the clock of this machine is the wrong one.
 */
export function isPlausible(timeUs: number, receivedAtUs: number, sentAtUs: number | null = null): boolean {
  return (
    Math.abs(timeUs - receivedAtUs) <= MAX_DISTANCE_US ||
    (sentAtUs !== null && Math.abs(timeUs - sentAtUs) <= MAX_DISTANCE_US)
  );
}
