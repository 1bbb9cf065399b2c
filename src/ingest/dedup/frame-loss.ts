/**
 * The measured loss rate of a feed without sequence numbers: what one connection had and another one of its group, which
 * was listening all along, did not get within 10 s. Pending ones live in memory over segments; after a crash those of its
 * last seconds are not counted.
 */
const TWIN_WAIT_US = 10_000_000;
/** Only a flood of which a connection brings nothing reaches it: then the oldest are let go uncounted. */
const MAX_PENDING = 100_000;

const NOTHING: readonly Missed[] = [];

export interface Missed {
  readonly connection: string;
  readonly market: string;
}

interface Pending {
  readonly receivedAtUs: number;
  readonly market: string;
  /** Connections that were listening and have not had it yet. */
  readonly awaited: ReadonlySet<string>;
}

export interface Listeners {
  /** The connections of a connection's group that listen at this moment, itself too; none when it is alone. */
  listeningBeside(connection: string, nowUs: number): readonly string[];
}

export class FrameLoss {
  /** In the order of receipt. */
  readonly #pending: Map<string, Pending>;

  constructor(pending: ReadonlyMap<string, Pending> = new Map()) {
    this.#pending = new Map(pending);
  }

  /** What a segment changes in the copy counts for nothing until the copy replaces this one. */
  copy(): FrameLoss {
    return new FrameLoss(this.#pending);
  }

  /** Frames that may still come on another connection. */
  get size(): number {
    return this.#pending.size;
  }

  /** Something arrived for the first time. */
  first(
    hash: Uint32Array,
    market: string,
    connection: string,
    receivedAtUs: number,
    listeners: Listeners,
  ): void {
    const listening = listeners.listeningBeside(connection, receivedAtUs);
    if (listening.length === 0) return;
    const awaited = new Set(listening);
    awaited.delete(connection);
    if (awaited.size === 0) return;
    this.#pending.set(keyOf(hash), { receivedAtUs, market, awaited });
    if (this.#pending.size > MAX_PENDING) this.#letOldestGo();
  }

  #letOldestGo(): void {
    for (const key of this.#pending.keys()) {
      if (this.#pending.size <= MAX_PENDING / 2) return;
      this.#pending.delete(key);
    }
  }

  /** It arrived again. */
  again(hash: Uint32Array, connection: string): void {
    if (this.#pending.size === 0) return;
    const key = keyOf(hash);
    const pending = this.#pending.get(key);
    if (pending) this.#without(key, pending, connection);
  }

  /** A connection ended: what it might still have brought is no loss. */
  disconnected(connection: string): void {
    for (const [key, pending] of this.#pending) this.#without(key, pending, connection);
  }

  /** @returns what was missed for good by `nowUs`, one entry a frame. */
  takeMissed(nowUs: number): readonly Missed[] {
    if (this.#pending.size === 0) return NOTHING;
    const missed: Missed[] = [];
    for (const [key, { receivedAtUs, market, awaited }] of this.#pending) {
      // A clock that was set back would hold them for as long as it was ahead.
      if (Math.abs(nowUs - receivedAtUs) <= TWIN_WAIT_US) break;
      for (const connection of awaited) missed.push({ connection, market });
      this.#pending.delete(key);
    }
    return missed;
  }

  /** Copies share their entries: none is ever changed. */
  #without(key: string, pending: Pending, connection: string): void {
    if (!pending.awaited.has(connection)) return;
    if (pending.awaited.size === 1) {
      this.#pending.delete(key);
      return;
    }
    const awaited = new Set(pending.awaited);
    awaited.delete(connection);
    this.#pending.set(key, { ...pending, awaited });
  }
}

export function keyOf(hash: Uint32Array): string {
  return String.fromCharCode(...new Uint16Array(hash.buffer, hash.byteOffset, hash.length * 2));
}
