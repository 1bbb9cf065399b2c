import { once } from 'node:events';

/** Waits for some work, but not beyond `signal`: what becomes of the work then is another's business. */
export async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const done = new AbortController();
  try {
    await Promise.race([work, once(signal, 'abort', { signal: done.signal })]);
  } finally {
    done.abort();
  }
}
