/**
 * Polls on the wall clock: at whole multiples of the interval, without drift, through clock steps and sleep.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

export interface Tick {
  /** Microseconds since the epoch; a multiple of the interval. */
  readonly scheduledAtUs: number;
  /** Ticks since the last one that never ran, and when the first of them was due. */
  readonly missed: number;
  readonly firstMissedAtUs: number;
}

/** The timer is set anew this often, so that it follows the wall clock. */
const MAX_SLEEP_MS = 1000;
/** A tick later than this is not run: its neighbours tell more. */
const MAX_LATENESS_SHARE = 0.5;

/** The first multiple of the interval after `nowUs`. */
export function nextTickUs(nowUs: number, intervalUs: number): number {
  return (Math.floor(nowUs / intervalUs) + 1) * intervalUs;
}

/** Yields each tick when it is due, until `signal`. While the consumer works, ticks pass and are told as missed. */
export async function* pollTicks(
  clock: Clock,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<Tick> {
  const intervalUs = intervalMs * 1000;
  let lastUs = nextTickUs(clock.nowUs(), intervalUs) - intervalUs;
  while (!signal.aborted) {
    const nowUs = clock.nowUs();
    // The clock went back: the schedule goes with it.
    if (nowUs < lastUs - intervalUs) lastUs = nextTickUs(nowUs, intervalUs) - intervalUs;
    const dueUs = Math.max(lastUs + intervalUs, nextTickUs(nowUs, intervalUs) - intervalUs);
    const latenessUs = nowUs - dueUs;
    if (latenessUs < 0) {
      await sleep(Math.min(MAX_SLEEP_MS, Math.ceil(-latenessUs / 1000)), undefined, { signal }).catch(
        () => undefined,
      );
      continue;
    }
    const isTooLate = latenessUs > intervalUs * MAX_LATENESS_SHARE;
    const scheduledAtUs = isTooLate ? dueUs + intervalUs : dueUs;
    if (isTooLate) {
      await sleep(Math.min(MAX_SLEEP_MS, Math.ceil((scheduledAtUs - nowUs) / 1000)), undefined, {
        signal,
      }).catch(() => undefined);
      if (clock.nowUs() < scheduledAtUs) continue;
    }
    const missed = Math.round((scheduledAtUs - lastUs) / intervalUs) - 1;
    yield { scheduledAtUs, missed, firstMissedAtUs: lastUs + intervalUs };
    lastUs = scheduledAtUs;
  }
}
