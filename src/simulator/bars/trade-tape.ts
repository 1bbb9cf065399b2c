/**
 * Every trade of the simulated exchange as a pure function of seed, symbol and minute: any stretch of history can be
 * asked for, at any time, and always is the same. Ids go on without a hole, since their number up to a minute has a
 * closed form: a steady part, and a jitter of which each minute hands on what it took from the next.
 */
import type { TapeSymbol } from './tape-symbol.ts';

/** An aggregate trade: what one order took at one price. */
export interface TapeTrade {
  readonly aggregateId: number;
  readonly firstTradeId: number;
  readonly lastTradeId: number;
  /** In ticks and lots. */
  readonly price: number;
  readonly quantity: number;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly isBuyerMaker: boolean;
}

export const MINUTE_MS = 60_000;
/** 2017-01-01: nothing was traded before. */
const FIRST_MINUTE = 24_720_480;
/** Trades an aggregate has, over and over. */
const WIDTHS = [1, 2, 1, 3, 1, 2] as const;
const BEFORE = [0, 1, 3, 4, 7, 8] as const;
const PERIOD = 10;

export class TradeTape {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The trades of a minute (counted from the epoch), oldest first. */
  trades(of: TapeSymbol, minute: number): readonly TapeTrade[] {
    const key = this.#key(of);
    const first = firstPrint(of, key, minute);
    const count = firstPrint(of, key, minute + 1) - first;
    return Array.from({ length: count }, (_, index) =>
      this.#trade(of, key, minute, first + index, index, count),
    );
  }

  /** The minute in which an aggregate trade was made. */
  minuteOf(of: TapeSymbol, aggregateId: number): number {
    const key = this.#key(of);
    let minute = FIRST_MINUTE + Math.floor(aggregateId / of.activity);
    while (minute > FIRST_MINUTE && firstPrint(of, key, minute) > aggregateId) minute--;
    while (firstPrint(of, key, minute + 1) <= aggregateId) minute++;
    return minute;
  }

  /** The price at a time, in ticks, without the noise of single trades. */
  priceAt(of: TapeSymbol, timeMs: number): number {
    const phase = (this.#key(of) % 6283) / 1000;
    const wave = 0.05 * Math.sin(timeMs / 5_400_000 + phase) + 0.02 * Math.sin(timeMs / 41_000 + 3 * phase);
    return Math.max(1, Math.round(of.price * (1 + wave) * 10 ** of.tickDecimals));
  }

  #trade(
    of: TapeSymbol,
    key: number,
    minute: number,
    aggregateId: number,
    index: number,
    count: number,
  ): TapeTrade {
    const bits = mix(key ^ mix(aggregateId));
    const timeMs = minute * MINUTE_MS + Math.floor(((index + (bits & 1023) / 1024) * MINUTE_MS) / count);
    const firstTradeId = tradesBefore(aggregateId);
    const size = ((bits >>> 10) & 1023) / 1024;
    const usual = Math.max(1, Math.round((4000 / of.price) * 10 ** of.lotDecimals));
    return {
      aggregateId,
      firstTradeId,
      lastTradeId: firstTradeId + (WIDTHS[aggregateId % WIDTHS.length] ?? 1) - 1,
      price: Math.max(1, this.priceAt(of, timeMs) + ((bits >>> 20) & 7) - 3),
      quantity: 1 + Math.floor(size * size * usual),
      timeMs,
      isBuyerMaker: (bits >>> 23) % 2 === 1,
    };
  }

  #key({ market, symbol }: TapeSymbol): number {
    let hash = mix(this.#seed + market.length);
    for (const character of `${market}:${symbol}`) hash = mix(hash ^ (character.codePointAt(0) ?? 0));
    return hash;
  }
}

/** How many prints there were before the minute: what the minute before jitters to more, this one has less. */
function firstPrint({ activity }: TapeSymbol, key: number, minute: number): number {
  const jitter = mix(key ^ mix(minute - 1)) % (activity + 1);
  return activity * (minute - FIRST_MINUTE) + jitter;
}

function tradesBefore(prints: number): number {
  return PERIOD * Math.floor(prints / WIDTHS.length) + (BEFORE[prints % WIDTHS.length] ?? 0);
}

/** The finisher of MurmurHash3: every bit of the input moves every bit of the result. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
