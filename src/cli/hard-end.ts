/**
 * Ends the process hard where a disk that does not answer would keep it from ending: a thread that waits in a call of
 * the system cannot be ended, and `process.exit` waits for it for ever.
 */
import type { Logger } from 'pino';

export interface HardEndOptions {
  /** Aborted when the program is asked to end. */
  readonly signal: AbortSignal;
  /** Whether a thread is known to be out of reach. */
  readonly isHanging: () => boolean;
  readonly log: Logger;
  /** So long after `signal` it ends, whatever hangs. */
  readonly endMs?: number;
}

/** Draining takes 10 s at most, what comes before and after it a few more. */
const END_MS = 18_000;

/** @returns to be called when all is done that can be: ends the process if it could not end by itself. */
export function hardEnd({ signal, isHanging, log, endMs = END_MS }: HardEndOptions): () => void {
  const end = () => {
    log.error(
      'the disk of the lake does not answer: the program ends hard, the spool keeps what is not stored',
    );
    process.kill(process.pid, 'SIGKILL');
  };
  const endIfHanging = () => {
    if (isHanging()) end();
  };
  let overdue: NodeJS.Timeout | undefined;
  const onStop = () => {
    overdue = setTimeout(end, endMs).unref();
  };
  if (signal.aborted) onStop();
  signal.addEventListener('abort', onStop, { once: true });
  process.once('exit', endIfHanging);
  return () => {
    clearTimeout(overdue);
    signal.removeEventListener('abort', onStop);
    endIfHanging();
    process.off('exit', endIfHanging);
  };
}
