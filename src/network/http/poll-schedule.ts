/**
 * Polls on the wall clock: at whole multiples of the interval, without drift, through clock steps and sleep.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';

/** Times in microseconds since the epoch. */
export interface Tick {
  /** A multiple of the interval. */
  readonly scheduledAtUs: number;
  /** Ticks since the last one that never ran, and when the first of them was due. */
  readonly missed: number;
  readonly firstMissedAtUs: number;
}

/** The wall clock is looked at this often, so that a step or a sleep shows. */
const MAX_SLEEP_MS = 1000;
/** A tick later than this is not run: its neighbours tell more. */
const MAX_LATENESS_SHARE = 0.5;

/** The first multiple of the interval after `nowUs`. */
export function nextTickUs(nowUs: number, intervalUs: number): number {
  return (Math.floor(nowUs / intervalUs) + 1) * intervalUs;
}

/** Which tick is to be run now after the one of `lastUs`, or how long there is to wait at most. */
export function planTick(
  lastUs: number,
  nowUs: number,
  intervalUs: number,
): { readonly kind: 'run'; readonly tick: Tick } | { readonly kind: 'wait'; readonly untilUs: number } {
  const firstDueUs = lastUs + intervalUs;
  if (nowUs < firstDueUs) return { kind: 'wait', untilUs: firstDueUs };
  const dueUs = nextTickUs(nowUs, intervalUs) - intervalUs;
  if (nowUs - dueUs > intervalUs * MAX_LATENESS_SHARE) return { kind: 'wait', untilUs: dueUs + intervalUs };
  const missed = Math.round((dueUs - lastUs) / intervalUs) - 1;
  return { kind: 'run', tick: { scheduledAtUs: dueUs, missed, firstMissedAtUs: firstDueUs } };
}

/** Yields each tick when it is due, until `signal`. While the consumer works, ticks pass and are counted as missed. */
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
    const plan = planTick(lastUs, nowUs, intervalUs);
    if (plan.kind === 'run') {
      yield plan.tick;
      lastUs = plan.tick.scheduledAtUs;
    } else {
      const waitMs = Math.min(MAX_SLEEP_MS, Math.ceil((plan.untilUs - nowUs) / 1000));
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
