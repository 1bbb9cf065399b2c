/** Which minutes are missing, and in which requests they are asked for. */
import { MINUTE_US } from './bar.ts';

/** Whole minutes, `toUs` exclusive, in microseconds since the epoch. */
export interface MinuteRange {
  readonly fromUs: number;
  readonly toUs: number;
}

/** The minutes of the range that are not there, as ranges, oldest first. @param there open times, in any order */
export function missingRanges(
  { fromUs, toUs }: MinuteRange,
  there: Iterable<number>,
): readonly MinuteRange[] {
  const known = there instanceof Set ? (there as ReadonlySet<number>) : new Set(there);
  const missing: { fromUs: number; toUs: number }[] = [];
  for (let timeUs = fromUs; timeUs < toUs; timeUs += MINUTE_US) {
    if (known.has(timeUs)) continue;
    const last = missing.at(-1);
    if (last?.toUs === timeUs) last.toUs = timeUs + MINUTE_US;
    else missing.push({ fromUs: timeUs, toUs: timeUs + MINUTE_US });
  }
  return missing;
}

/**
 * Ranges that one answer of at most `maxMinutes` bars covers become one request: what lies between is there already
 * and costs nothing.
 */
export function planRequests(missing: readonly MinuteRange[], maxMinutes: number): readonly MinuteRange[] {
  const requests: { fromUs: number; toUs: number }[] = [];
  const maxUs = maxMinutes * MINUTE_US;
  for (const range of missing) {
    let { fromUs } = range;
    while (fromUs < range.toUs) {
      const last = requests.at(-1);
      const open = last !== undefined && last.fromUs + maxUs > fromUs ? last : { fromUs, toUs: fromUs };
      if (open !== last) requests.push(open);
      open.toUs = Math.min(range.toUs, open.fromUs + maxUs);
      fromUs = open.toUs;
    }
  }
  return requests;
}

export function minuteOf(timeUs: number): number {
  return timeUs - (timeUs % MINUTE_US);
}
