/**
 * What is known of the bars of the recent past: so that a second delivery is seen, a bar's trade ids are compared with
 * those of the minute before, and a later word with the first one. What a segment adds is staged until its commit.
 */
import { type Bar, type BarOrigin, type Completeness, isSameBar, MINUTE_US, quietBar } from './bar.ts';
import { MinuteSlots, NO_SLOT } from './minute-slots.ts';
import { type KnownBar, PackedBars } from './packed-bars.ts';
import { RecentTexts } from './recent-texts.ts';

export type Verdict =
  /** Not known before. `quietBefore`: the minutes between, in which the ids prove that nothing was traded. */
  | { readonly kind: 'new'; readonly completeness: Completeness; readonly quietBefore: readonly Bar[] }
  | { readonly kind: 'same' }
  | { readonly kind: 'other'; readonly known: KnownBar }
  /** It was received before what is known, and differs from all that was known by then. */
  | { readonly kind: 'late' };

/** How many minutes of a symbol stay known: late frames and the other socket's are within seconds. */
const KEPT_MINUTES = 30;
/** Ids that meet over a longer time than this are a coincidence sooner than a proof. */
const MAX_QUIET_MINUTES = 24 * 60;
const NOTHING: readonly Bar[] = [];

/** Of what is staged: its symbol, its minute, and the slot that it took the place of. */
const STAGED_CELLS = 3;
const LEAST_STAGED = 1024;

export class BarLedger {
  /** Symbols by their number, in each market. */
  readonly #symbols = new Map<string, Map<string, number>>();
  readonly #slots = new MinuteSlots();
  readonly #bars = new PackedBars();
  readonly #texts = new RecentTexts();
  /** Its memory is kept: lists would grow anew with every segment. */
  #staged = new Float64Array(LEAST_STAGED * STAGED_CELLS);
  #stagedEnd = 0;

  /** Takes what a table holds already. */
  load(known: KnownBar): void {
    const { market, symbol, openTimeUs } = known.bar;
    const number = this.#numberOf(market, symbol);
    const there = this.get(market, symbol, openTimeUs);
    if (there !== undefined && there.revision >= known.revision) return;
    const minute = openTimeUs / MINUTE_US;
    const slot = this.#slots.get(number, minute);
    this.#slots.set(number, minute, this.#bars.put({ ...known, ...(there && { earlier: wordsOf(there) }) }));
    if (slot !== NO_SLOT) this.#bars.free(slot);
  }

  get(market: string, symbol: string, openTimeUs: number): KnownBar | undefined {
    const minute = openTimeUs / MINUTE_US;
    const number = this.#symbols.get(market)?.get(symbol);
    const slot = number === undefined ? NO_SLOT : this.#slots.get(number, minute);
    return slot === NO_SLOT ? undefined : this.#bars.get(slot, market, symbol, minute);
  }

  /** Says what a bar is beside what is known, and stages it when it is new. */
  take(bar: Bar, origin: BarOrigin, received?: Uint8Array, knownAtUs = 0): Verdict {
    const { market, symbol, openTimeUs } = bar;
    const number = this.#numberOf(market, symbol);
    const minute = openTimeUs / MINUTE_US;
    const slot = minute > this.#slots.newest(number) ? NO_SLOT : this.#slots.get(number, minute);
    if (slot !== NO_SLOT) return verdictBeside(this.#bars.get(slot, market, symbol, minute), bar, knownAtUs);
    const slotBefore = this.#slots.get(number, minute - 1);
    const quietBefore = slotBefore === NO_SLOT ? this.#quietMinutes(bar, number) : NOTHING;
    let before = slotBefore === NO_SLOT ? null : this.#bars.chainId(slotBefore);
    for (const quiet of quietBefore) {
      before = (bar.firstTradeId ?? 0) - 1;
      const quietSlot = this.#bars.putFirst(quiet, origin, before, undefined, knownAtUs);
      this.#stage(number, quiet.openTimeUs / MINUTE_US, NO_SLOT, quietSlot);
    }
    const completeness = completenessOf(bar, before);
    const text = received && this.#texts.keep(received);
    const own = this.#bars.putFirst(bar, origin, chainIdOf(bar, before), text, knownAtUs);
    this.#stage(number, minute, NO_SLOT, own);
    return { kind: 'new', completeness, quietBefore };
  }

  /** A bar as it was received, as long as that is kept. */
  textOf({ text }: KnownBar): string | undefined {
    return text === undefined ? undefined : this.#texts.get(text);
  }

  /** Stages a later word that differs. @returns its revision. */
  correct(known: KnownBar, bar: Bar, origin: BarOrigin, knownAtUs = 0): number {
    const revision = known.revision + 1;
    const word = { bar, origin, revision, text: undefined, knownAtUs, earlier: wordsOf(known) };
    const number = this.#numberOf(bar.market, bar.symbol);
    const minute = bar.openTimeUs / MINUTE_US;
    const slotBefore = this.#slots.get(number, minute);
    this.#stage(number, minute, slotBefore, this.#bars.put({ ...known, ...word }));
    return revision;
  }

  /** What is staged is stored. What is long past is forgotten. */
  accept(): void {
    for (let at = 0; at < this.#stagedEnd; at += STAGED_CELLS) {
      const slotBefore = this.#staged[at + 2] ?? NO_SLOT;
      if (slotBefore !== NO_SLOT) this.#bars.free(slotBefore);
    }
    this.#stagedEnd = 0;
    for (const numbers of this.#symbols.values()) for (const number of numbers.values()) this.#trim(number);
  }

  /** What is staged will not be stored. */
  discard(): void {
    const staged = this.#staged;
    for (let at = this.#stagedEnd - STAGED_CELLS; at >= 0; at -= STAGED_CELLS)
      this.#unstage(staged[at], staged[at + 1], staged[at + 2]);
    this.#stagedEnd = 0;
  }

  #stage(number: number, minute: number, slotBefore: number, slot: number): void {
    const at = this.#stagedEnd;
    this.#stagedEnd += STAGED_CELLS;
    if (this.#stagedEnd > this.#staged.length) {
      const grown = new Float64Array(2 * this.#staged.length);
      grown.set(this.#staged);
      this.#staged = grown;
    }
    this.#staged[at] = number;
    this.#staged[at + 1] = minute;
    this.#staged[at + 2] = slotBefore;
    this.#slots.set(number, minute, slot);
  }

  #unstage(number: number | undefined, minute: number | undefined, slotBefore = NO_SLOT): void {
    if (number === undefined || minute === undefined) return;
    const slot = this.#slots.get(number, minute);
    if (slot !== NO_SLOT) this.#bars.free(slot);
    if (slotBefore === NO_SLOT) this.#slots.delete(number, minute);
    else this.#slots.set(number, minute, slotBefore);
  }

  /** The minutes between the newest bar before and this one, when their ids meet. Nothing is known of the minute before. */
  #quietMinutes(bar: Bar, number: number): readonly Bar[] {
    const { firstTradeId, openTimeUs, market, symbol } = bar;
    const minute = openTimeUs / MINUTE_US;
    if (firstTradeId === null) return NOTHING;
    let newest = 0;
    for (const known of this.#slots.minutes(number)) if (known < minute && known > newest) newest = known;
    const slot = this.#slots.get(number, newest);
    if (slot === NO_SLOT || this.#bars.chainId(slot) !== firstTradeId - 1) return NOTHING;
    const count = minute - newest - 1;
    if (count > MAX_QUIET_MINUTES) return NOTHING;
    const { close } = this.#bars.get(slot, market, symbol, newest).bar;
    return Array.from({ length: count }, (_, index) =>
      quietBar(market, symbol, (newest + 1 + index) * MINUTE_US, close),
    );
  }

  /** Twice as many are let in before all are gone through. */
  #trim(number: number): void {
    if (this.#slots.size(number) <= 2 * KEPT_MINUTES) return;
    const minutes = this.#slots.minutes(number);
    const newest = minutes.reduce((latest, minute) => Math.max(latest, minute), 0);
    for (const minute of minutes) {
      if (newest - minute <= KEPT_MINUTES) continue;
      this.#bars.free(this.#slots.get(number, minute));
      this.#slots.delete(number, minute);
    }
  }

  #numberOf(market: string, symbol: string): number {
    let numbers = this.#symbols.get(market);
    if (numbers === undefined) {
      numbers = new Map();
      this.#symbols.set(market, numbers);
    }
    let number = numbers.get(symbol);
    if (number === undefined) {
      number = this.#slots.addSymbol();
      numbers.set(symbol, number);
    }
    return number;
  }
}

function wordsOf({ bar, earlier = [] }: KnownBar): readonly Bar[] {
  return [...earlier, bar];
}

/** An old word that comes back is not the newest one. */
function verdictBeside(known: KnownBar, bar: Bar, knownAtUs: number): Verdict {
  if (isSameBar(known.bar, bar)) return { kind: 'same' };
  if (knownAtUs === 0 || knownAtUs >= known.knownAtUs) return { kind: 'other', known };
  return { kind: known.earlier?.some((word) => isSameBar(word, bar)) ? 'same' : 'late' };
}

/** The id that the next minute's first trade has to follow. @param before that of the minute before. */
export function chainIdOf(bar: Bar, before: number | null): number | null {
  return bar.lastTradeId ?? (bar.tradeCount === 0 ? before : null);
}

function completenessOf(bar: Bar, before: number | null): Completeness {
  const { tradeCount, firstTradeId, lastTradeId } = bar;
  if (tradeCount === 0) return 'quiet';
  const isWhole =
    firstTradeId !== null && lastTradeId !== null && tradeCount === lastTradeId - firstTradeId + 1;
  return isWhole && before === firstTradeId - 1 ? 'proven' : 'counted';
}
