/** Begins faults when asked and at their times, ends them, and carries out those that happen once. */
import type { ClientSocket } from '../socket/client-socket.ts';
import { type Fault, type FaultTarget, isLasting, type LastingFault, type TimedFault } from './fault.ts';
import type { FaultBoard } from './fault-board.ts';
import { type MomentaryFaultContext, strike } from './momentary-faults.ts';

export interface FaultRunnerOptions extends MomentaryFaultContext {
  readonly board: FaultBoard;
  readonly signal: AbortSignal;
}

export class FaultRunner {
  readonly #options: FaultRunnerOptions;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: FaultRunnerOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => {
      for (const timer of this.#timers) clearTimeout(timer);
    });
  }

  schedule(timeline: readonly TimedFault[]): void {
    for (const { atMs, durationMs, ...fault } of timeline) {
      this.#after(atMs, () => this.begin(fault as Fault, durationMs));
    }
  }

  /** @returns a function that ends a lasting fault */
  begin(fault: Fault, durationMs?: number): () => void {
    if (!isLasting(fault)) {
      for (const client of this.#targets(
        fault.connection ?? (fault.fault === 'drop-in-burst' ? 'oldest' : 'all'),
      ))
        void strike(fault, client, this.#options);
      return () => undefined;
    }
    const end = this.#options.board.begin(fault, this.#connectionOf(fault));
    if (durationMs !== undefined) this.#after(durationMs, end);
    return end;
  }

  #connectionOf(fault: LastingFault): number | 'all' {
    if (!('connection' in fault) || fault.connection === undefined || fault.connection === 'all')
      return 'all';
    // A number that no connection has: the fault was meant for one, and there is none.
    return this.#targets(fault.connection)[0]?.id ?? 0;
  }

  #targets(target: FaultTarget): readonly ClientSocket[] {
    const clients = this.#options.server.clients.filter((client) => client.isOpen);
    if (target === 'all') return clients;
    const one =
      target === 'oldest'
        ? clients[0]
        : target === 'newest'
          ? clients.at(-1)
          : clients.find((client) => client.id === target);
    return one === undefined ? [] : [one];
  }

  #after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs);
    this.#timers.add(timer);
  }
}
