/** Work beside a capture that is good to have: it comes again and again, and cannot hold up or end the capture. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { messageOf } from './errors.ts';

export interface SideTaskOptions {
  /** What it fetches, for people. */
  readonly what: string;
  readonly intervalMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const RETRY_MS = 60_000;

/** Repeats `task` until `signal`; sooner when it failed. */
export async function backgroundTask(
  { what, intervalMs, log, signal }: SideTaskOptions,
  task: () => Promise<void>,
): Promise<void> {
  let told = '';
  while (!signal.aborted) {
    const isDone = await task().then(
      () => true,
      (error: unknown) => {
        const trouble = messageOf(error);
        if (!signal.aborted && trouble !== told) log.info(`${what} could not be fetched: ${trouble}`);
        told = trouble;
        return false;
      },
    );
    await sleep(isDone ? intervalMs : RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}
