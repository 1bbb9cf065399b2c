/**
 * The first measured loss rate of a feed without sequence numbers: a liquidation that one connection had and another
 * one, which was listening all along, did not get within 10 s. Pending ones live in memory over segments; after a
 * crash those of its last seconds are not counted.
 */
import { keyText, type LiquidationKey } from '../../sources/binance/liquidation-key.ts';

const TWIN_WAIT_US = 10_000_000;
/** Only a flood of which a connection brings nothing reaches it: then the oldest are let go uncounted. */
const MAX_PENDING = 100_000;

const NOTHING: readonly string[] = [];

interface Pending {
  readonly receivedAtUs: number;
  /** Connections that were listening and have not had it yet. */
  readonly awaited: Set<string>;
}

export class FrameLoss {
  /** In the order of receipt. */
  readonly #pending = new Map<string, Pending>();

  /** Frames that may still come on another connection. */
  get size(): number {
    return this.#pending.size;
  }

  /** A liquidation arrived for the first time; `listening` are all connections that listen now. */
  first(order: LiquidationKey, connection: string, receivedAtUs: number, listening: readonly string[]): void {
    if (listening.length < 2) return;
    const awaited = new Set(listening.filter((other) => other !== connection));
    if (awaited.size === 0) return;
    this.#pending.set(keyText(order), { receivedAtUs, awaited });
    if (this.#pending.size > MAX_PENDING) this.#letOldestGo();
  }

  #letOldestGo(): void {
    for (const key of this.#pending.keys()) {
      if (this.#pending.size <= MAX_PENDING / 2) return;
      this.#pending.delete(key);
    }
  }

  /** It arrived again. */
  again(order: LiquidationKey, connection: string): void {
    if (this.#pending.size === 0) return;
    const key = keyText(order);
    const pending = this.#pending.get(key);
    pending?.awaited.delete(connection);
    if (pending?.awaited.size === 0) this.#pending.delete(key);
  }

  /** A connection ended: what it might still have brought is no loss. */
  disconnected(connection: string): void {
    for (const [key, { awaited }] of this.#pending) {
      awaited.delete(connection);
      if (awaited.size === 0) this.#pending.delete(key);
    }
  }

  /** @returns the connections that missed a frame for good by `nowUs`, one entry a frame. */
  takeMissed(nowUs: number): readonly string[] {
    if (this.#pending.size === 0) return NOTHING;
    const missed: string[] = [];
    for (const [key, { receivedAtUs, awaited }] of this.#pending) {
      // A clock that was set back would hold them for as long as it was ahead.
      if (Math.abs(nowUs - receivedAtUs) <= TWIN_WAIT_US) break;
      missed.push(...awaited);
      this.#pending.delete(key);
    }
    return missed;
  }
}
