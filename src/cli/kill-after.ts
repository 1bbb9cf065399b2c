/**
 * Ends the process hard where a disk that does not answer would keep it from ending: a thread that waits in a call of
 * the system cannot be ended, and `process.exit` waits for it for ever.
 */
import type { Logger } from 'pino';

export interface HardEndOptions {
  /** Aborted when the program is asked to end. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** So long after `signal` it ends, whatever hangs. */
  readonly endMs?: number;
}

export interface HardEnd {
  now(): void;
  /** All is done: it ends by itself. */
  cancel(): void;
}

/** Draining takes 10 s at most, what comes before and after it a few more. */
const END_MS = 30_000;

export function killAfter({ signal, log, endMs = END_MS }: HardEndOptions): HardEnd {
  const now = () => {
    log.error(
      'the disk of the lake does not answer: the program is killed; what is not stored is in the spool',
    );
    process.kill(process.pid, 'SIGKILL');
  };
  let overdue: NodeJS.Timeout | undefined;
  const onStop = () => {
    overdue = setTimeout(now, endMs).unref();
  };
  if (signal.aborted) onStop();
  signal.addEventListener('abort', onStop, { once: true });
  return {
    now,
    cancel() {
      clearTimeout(overdue);
      signal.removeEventListener('abort', onStop);
    },
  };
}
