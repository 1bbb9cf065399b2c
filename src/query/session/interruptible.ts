/** Ctrl-C stops the query itself, not only the wait for it; what goes wrong is said in words for a person. */
import type { LakeSession } from './lake-session.ts';

/** @throws LakeError SQL_…, QUERY_FAILED; the signal's reason when it was aborted. */
export async function interruptible<T>(
  session: LakeSession,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const interrupt = () => session.connection.interrupt();
  signal.addEventListener('abort', interrupt);
  try {
    const result = await work();
    // A stream that is interrupted between two chunks just ends, as if that were all.
    signal.throwIfAborted();
    return result;
  } catch (error) {
    signal.throwIfAborted();
    throw session.errorOf(error);
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}
