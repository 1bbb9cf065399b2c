/**
 * Request weight of the running minute: what the venue says in a header, or what we have asked for ourselves where it
 * says less.
 */
import type { VenueLimits } from './venue-limits.ts';

const MINUTE_MS = 60_000;
/** Part of the limit that is left to other programs on this address. */
const SHARE = 0.8;

interface Pool {
  readonly limit: number;
  minute: number;
  weight: number;
}

/** All times in milliseconds since the epoch. */
export class WeightBudget {
  readonly #poolOf: VenueLimits['pool'];
  readonly #pools = new Map<string, Pool>();

  constructor({ pool }: VenueLimits) {
    this.#poolOf = pool;
  }

  /** Milliseconds to wait before `weight` more may be asked; 0 when it fits. */
  waitMs(url: string, weight: number, nowMs: number): number {
    const pool = this.#of(url, nowMs);
    return pool.weight > 0 && pool.weight + weight > pool.limit * SHARE ? MINUTE_MS - (nowMs % MINUTE_MS) : 0;
  }

  spend(url: string, weight: number, nowMs: number): void {
    this.#of(url, nowMs).weight += weight;
  }

  /** Takes the exchange's own count, which includes what others on this address asked for. */
  observe(url: string, header: string | undefined, nowMs: number): void {
    const weight = Number(header);
    const pool = this.#of(url, nowMs);
    if (Number.isFinite(weight)) pool.weight = Math.max(pool.weight, weight);
  }

  /** Weight of this minute and its limit. */
  usage(url: string, nowMs: number): { readonly used: number; readonly limit: number } {
    const { weight, limit } = this.#of(url, nowMs);
    return { used: weight, limit };
  }

  #of(url: string, nowMs: number): Pool {
    const { name, limit } = this.#poolOf(new URL(url));
    const minute = Math.floor(nowMs / MINUTE_MS);
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      pool = { limit, minute, weight: 0 };
      this.#pools.set(name, pool);
    }
    if (pool.minute !== minute) {
      pool.minute = minute;
      pool.weight = 0;
    }
    return pool;
  }
}
