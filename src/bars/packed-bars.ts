/**
 * Known bars as plain numbers in one block of memory: thousands of them stay known for half an hour, and as objects the
 * garbage collector would copy each one twice.
 */
import { type Bar, type BarOrigin, MINUTE_US } from './bar.ts';

export interface KnownBar {
  readonly bar: Bar;
  readonly origin: BarOrigin;
  /** 0 for the first word, else that of its newest correction. */
  readonly revision: number;
  /** The last trade's id up to the end of the minute, where the ids are known without a hole. */
  readonly chainId: number | null;
  /** Where the ledger keeps it as it was received; absent where it was not received in this run. */
  readonly text?: number | undefined;
  /** When it was received, in microseconds since the epoch. */
  readonly knownAtUs: number;
  /** The words that it corrects. */
  readonly earlier?: readonly Bar[] | undefined;
}

const ORIGINS: readonly BarOrigin[] = ['stream', 'rest', 'archive', 'trades'];
const WIDTH = 17;
const CHAIN_ID = 12;
const REVISION = 14;
const LEAST_SLOTS = 1024;

export class PackedBars {
  #cells = new Float64Array(LEAST_SLOTS * WIDTH);
  #end = 0;
  readonly #free: number[] = [];
  /** Few bars are corrected. */
  readonly #earlier = new Map<number, readonly Bar[]>();

  /** @returns the slot by which it is found until that is freed. */
  put({ bar, chainId, knownAtUs, revision, text, origin, earlier }: KnownBar): number {
    const slot = this.putFirst(bar, origin, chainId, text, knownAtUs);
    this.#cells[slot * WIDTH + REVISION] = revision;
    if (earlier !== undefined) this.#earlier.set(slot, earlier);
    return slot;
  }

  /** The same for the first word on a minute, as nearly all are, without an object around it. */
  putFirst(
    bar: Bar,
    origin: BarOrigin,
    chainId: number | null,
    text: number | undefined,
    knownAtUs: number,
  ): number {
    const slot = this.#free.pop() ?? this.#end++;
    if (this.#end * WIDTH > this.#cells.length) this.#grow();
    const cells = this.#cells;
    const at = slot * WIDTH;
    cells[at] = bar.open;
    cells[at + 1] = bar.high;
    cells[at + 2] = bar.low;
    cells[at + 3] = bar.close;
    cells[at + 4] = bar.volume;
    cells[at + 5] = bar.quoteVolume ?? Number.NaN;
    cells[at + 6] = bar.tradeCount ?? Number.NaN;
    cells[at + 7] = bar.takerBuyVolume ?? Number.NaN;
    cells[at + 8] = bar.takerBuyQuoteVolume ?? Number.NaN;
    cells[at + 9] = bar.firstTradeId ?? Number.NaN;
    cells[at + 10] = bar.lastTradeId ?? Number.NaN;
    cells[at + 11] = bar.eventTimeUs ?? Number.NaN;
    cells[at + CHAIN_ID] = chainId ?? Number.NaN;
    cells[at + 13] = knownAtUs;
    cells[at + REVISION] = 0;
    cells[at + 15] = text ?? Number.NaN;
    cells[at + 16] = ORIGINS.indexOf(origin);
    return slot;
  }

  chainId(slot: number): number | null {
    return this.#optional(slot * WIDTH + CHAIN_ID);
  }

  /** @param minute since the epoch, of the symbol that has the slot. */
  get(slot: number, market: string, symbol: string, minute: number): KnownBar {
    const at = slot * WIDTH;
    const bar: Bar = {
      market,
      symbol,
      openTimeUs: minute * MINUTE_US,
      open: this.#number(at),
      high: this.#number(at + 1),
      low: this.#number(at + 2),
      close: this.#number(at + 3),
      volume: this.#number(at + 4),
      quoteVolume: this.#optional(at + 5),
      tradeCount: this.#optional(at + 6),
      takerBuyVolume: this.#optional(at + 7),
      takerBuyQuoteVolume: this.#optional(at + 8),
      firstTradeId: this.#optional(at + 9),
      lastTradeId: this.#optional(at + 10),
      eventTimeUs: this.#optional(at + 11),
    };
    return {
      bar,
      origin: ORIGINS[this.#number(at + 16)] ?? 'stream',
      revision: this.#number(at + REVISION),
      chainId: this.chainId(slot),
      text: this.#optional(at + 15) ?? undefined,
      knownAtUs: this.#number(at + 13),
      earlier: this.#earlier.get(slot),
    };
  }

  free(slot: number): void {
    if (this.#earlier.size > 0) this.#earlier.delete(slot);
    this.#free.push(slot);
  }

  #number(at: number): number {
    return this.#cells[at] ?? Number.NaN;
  }

  #optional(at: number): number | null {
    const cell = this.#number(at);
    return Number.isNaN(cell) ? null : cell;
  }

  #grow(): void {
    const grown = new Float64Array(2 * this.#cells.length);
    grown.set(this.#cells);
    this.#cells = grown;
  }
}
