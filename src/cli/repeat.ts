/** Does work again and again until the signal: what goes wrong is said, and tried again at the next time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LakeError } from '../base/errors.ts';
import type { Io } from './io.ts';

export interface RepeatOptions {
  /** Aligned to the wall clock: each run begins at a multiple of it, but for the first. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly io: Pick<Io, 'say'>;
  /** After each multiple: what the run needs may still be on its way. */
  readonly delayMs?: number;
}

/** @throws what is no LakeError, and one of wrong usage. */
export async function repeat(options: RepeatOptions, work: () => Promise<void>): Promise<void> {
  const { everyMs, signal, io, delayMs = 0 } = options;
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof LakeError) || error.exitCode === 2) throw error;
      io.say(`error: ${error.message}; it is tried again`);
    }
    const waitMs = everyMs - ((Date.now() - delayMs) % everyMs);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}
