/** Ctrl-C stops the query itself, not only the wait for it; what goes wrong is said in words for a person. */
import { sqlError } from '../query/checked-statement.ts';
import type { LakeSession } from '../query/lake-session.ts';

/** @throws LakeError SQL_…, QUERY_FAILED; the signal's reason when it was aborted. */
export async function interruptible<T>(
  { connection }: LakeSession,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const interrupt = () => connection.interrupt();
  signal.addEventListener('abort', interrupt);
  try {
    const result = await work();
    // A stream that is interrupted between two chunks just ends, as if that were all.
    signal.throwIfAborted();
    return result;
  } catch (error) {
    signal.throwIfAborted();
    throw sqlError(error);
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}
