import { SUPERVISED } from '../base/supervised.ts';

/** SIGINT and SIGTERM: the first asks the command to end well, a second Ctrl-C ends at once. */
export interface StopSignals {
  readonly signal: AbortSignal;
  /** Which signal came first, if any. */
  received(): NodeJS.Signals | undefined;
  dispose(): void;
}

export const SIGNAL_EXIT_CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGINT: 130,
  SIGTERM: 143,
};

/** By the signal itself: `process.exit` waits for threads, and a disk that does not answer may hold them for ever. */
export function endAtOnce(name: 'SIGINT' | 'SIGTERM'): void {
  process.emit('exit', SIGNAL_EXIT_CODES[name] ?? 1);
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}

export function listenForStopSignals(): StopSignals {
  const controller = new AbortController();
  let first: NodeJS.Signals | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    if (first === undefined) {
      first = name;
      controller.abort(new Error(`stopped by ${name}`));
    } else if (name === 'SIGINT') {
      endAtOnce('SIGINT');
    }
  };
  // A child of `up` ends with its parent, also when that was killed: the channel between them closes. Ctrl-C in a terminal
  // reaches both, and the parent says when it is the child's turn.
  const onOrphaned = () => onSignal('SIGTERM');
  const isChild = process.env[SUPERVISED] !== undefined;
  const onInterrupt = isChild ? () => undefined : onSignal;
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onSignal);
  if (isChild) {
    process.on('disconnect', onOrphaned);
    process.channel?.unref();
    // Killed while this process began.
    if (!process.connected) onOrphaned();
  }
  return {
    signal: controller.signal,
    received: () => first,
    dispose() {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onSignal);
      process.off('disconnect', onOrphaned);
    },
  };
}
