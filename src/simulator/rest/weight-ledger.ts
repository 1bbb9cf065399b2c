/** Request weights a minute and address, as the exchange counts them: 429 above the limit, 418 for those who go on. */

/** Spot has its own pool; USDⓈ-M and COIN-M futures share one; archive and Yahoo count nothing. */
export type WeightPool = 'spot' | 'futures' | 'archive' | 'yahoo';

export interface WeightLimits {
  readonly spot: number;
  readonly futures: number;
  /** Requests after a 429 in the same minute that the exchange puts up with before it bans. */
  readonly patience: number;
  readonly banMs: number;
}

export const DEFAULT_WEIGHT_LIMITS: WeightLimits = { spot: 6000, futures: 2400, patience: 5, banMs: 120_000 };

export type WeightVerdict =
  | { readonly kind: 'admitted'; readonly used: number }
  | { readonly kind: 'limited'; readonly used: number; readonly retryAfterSeconds: number }
  | {
      readonly kind: 'banned';
      readonly used: number;
      readonly retryAfterSeconds: number;
      readonly untilMs: number;
    };

const MINUTE_MS = 60_000;

interface Account {
  minute: number;
  used: number;
  refused: number;
}

export class WeightLedger {
  readonly #limits: WeightLimits;
  readonly #accounts = new Map<string, Account>();
  readonly #bannedUntilMs = new Map<string, number>();

  constructor(limits: WeightLimits) {
    this.#limits = limits;
  }

  charge(address: string, pool: WeightPool, weight: number, nowMs: number): WeightVerdict {
    const account = this.#account(`${address} ${pool}`, nowMs);
    const bannedUntilMs = this.#bannedUntilMs.get(address) ?? 0;
    if (bannedUntilMs > nowMs) return banned(account.used, bannedUntilMs, nowMs);
    account.used += weight;
    const limit = pool === 'spot' || pool === 'futures' ? this.#limits[pool] : Number.POSITIVE_INFINITY;
    if (account.used <= limit) return { kind: 'admitted', used: account.used };
    account.refused += 1;
    if (account.refused > this.#limits.patience) {
      const untilMs = nowMs + this.#limits.banMs;
      this.#bannedUntilMs.set(address, untilMs);
      return banned(account.used, untilMs, nowMs);
    }
    const retryAfterSeconds = Math.ceil(((account.minute + 1) * MINUTE_MS - nowMs) / 1000);
    return { kind: 'limited', used: account.used, retryAfterSeconds };
  }

  #account(name: string, nowMs: number): Account {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const known = this.#accounts.get(name);
    if (known?.minute === minute) return known;
    const account = { minute, used: 0, refused: 0 };
    this.#accounts.set(name, account);
    return account;
  }
}

function banned(used: number, untilMs: number, nowMs: number): WeightVerdict {
  return { kind: 'banned', used, untilMs, retryAfterSeconds: Math.ceil((untilMs - nowMs) / 1000) };
}
