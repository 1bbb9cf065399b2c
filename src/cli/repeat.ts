/** Does work again and again until the signal: what goes wrong is said, and soon tried again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LakeError } from '../base/errors.ts';
import { unreachedStore } from '../query/session/unreached-store.ts';
import type { Io } from './io.ts';

export interface RepeatOptions {
  /** Aligned to the wall clock: each run begins at a multiple of it, but for the first. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly io: Pick<Io, 'say'>;
  /** After a failure, where `everyMs` is longer. */
  readonly retryMs?: number;
}

/** A second attempt cannot help. */
const FOR_GOOD: ReadonlySet<string> = new Set(['USAGE', 'CONFIG_INVALID', 'FEATURE_LEAKS']);
const RETRY_MS = 60_000;

/** @throws what is no LakeError, and one of wrong usage. */
export async function repeat(options: RepeatOptions, work: () => Promise<void>): Promise<void> {
  const { everyMs, signal, io, retryMs = RETRY_MS } = options;
  let failure = '';
  while (!signal.aborted) {
    let waitMs = everyMs - (Date.now() % everyMs);
    try {
      await work();
      failure = '';
    } catch (thrown) {
      if (signal.aborted) return;
      const error = unreachedStore(thrown) ?? thrown;
      if (!(error instanceof LakeError) || FOR_GOOD.has(error.code)) throw error;
      // What lasts is said once.
      if (error.code !== failure) io.say(`error: ${error.message}; it is tried again`);
      failure = error.code;
      waitMs = Math.min(waitMs, retryMs);
    }
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}
