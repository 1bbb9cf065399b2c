/** Work beside a capture that is good to have: it comes again and again, and cannot hold up or end the capture. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { BackOff } from './back-off.ts';
import { messageOf } from './errors.ts';

export interface BackgroundTaskOptions {
  /** What it fetches, for people. */
  readonly what: string;
  readonly intervalMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const FIRST_RETRY_MS = 2000;
const MAX_RETRY_MS = 60_000;

/** Repeats `task` until `signal`; sooner when it failed. */
export async function backgroundTask(
  { what, intervalMs, log, signal }: BackgroundTaskOptions,
  task: () => Promise<void>,
): Promise<void> {
  let reported = '';
  const backOff = new BackOff(FIRST_RETRY_MS, MAX_RETRY_MS);
  while (!signal.aborted) {
    const isDone = await task().then(
      () => true,
      (error: unknown) => {
        const trouble = messageOf(error);
        if (!signal.aborted && trouble !== reported) log.info(`${what} could not be fetched: ${trouble}`);
        reported = trouble;
        return false;
      },
    );
    if (isDone) backOff.reset();
    await sleep(isDone ? intervalMs : backOff.nextMs(), undefined, { signal }).catch(() => undefined);
  }
}
