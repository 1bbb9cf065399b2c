/** Which lasting faults hold at the moment, and for whom. */
import type { LastingFault, LastingFaultKind } from './fault.ts';

interface ActiveFault {
  readonly fault: LastingFault;
  /** A connection's number, or all of them. */
  readonly connection: number | 'all';
}

export class FaultBoard {
  #active: readonly ActiveFault[] = [];
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** @returns a function that ends the fault; calling it again does nothing */
  begin(fault: LastingFault, connection: number | 'all'): () => void {
    const active = { fault, connection };
    this.#active = [...this.#active, active];
    this.#onChange();
    return () => {
      if (!this.#active.includes(active)) return;
      this.#active = this.#active.filter((other) => other !== active);
      this.#onChange();
    };
  }

  /** The newest fault of this kind that holds for a connection. */
  on<K extends LastingFaultKind>(
    kind: K,
    connection: number,
  ): Extract<LastingFault, { fault: K }> | undefined {
    return this.#find(kind, (active) => active.connection === 'all' || active.connection === connection);
  }

  /** The newest fault of this kind that holds for a request to `path`. */
  onRequest<K extends LastingFaultKind>(
    kind: K,
    path: string,
  ): Extract<LastingFault, { fault: K }> | undefined {
    return this.#find(kind, ({ fault }) => !('path' in fault) || path.startsWith(fault.path ?? ''));
  }

  /** The newest fault of this kind. */
  anywhere<K extends LastingFaultKind>(kind: K): Extract<LastingFault, { fault: K }> | undefined {
    return this.#find(kind, () => true);
  }

  #find<K extends LastingFaultKind>(
    kind: K,
    matches: (active: ActiveFault) => boolean,
  ): Extract<LastingFault, { fault: K }> | undefined {
    if (this.#active.length === 0) return undefined;
    const found = this.#active.findLast((active) => active.fault.fault === kind && matches(active));
    return found?.fault as Extract<LastingFault, { fault: K }> | undefined;
  }
}
