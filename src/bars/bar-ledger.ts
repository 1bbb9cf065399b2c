/**
 * What is known of the bars of the recent past: so that a second delivery is seen, a bar's trade ids are compared with
 * those of the minute before, and a later word with the first one. What a segment adds is staged until its commit.
 */
import { type Bar, type BarOrigin, type Completeness, isSameBar, MINUTE_US, quietBar } from './bar.ts';
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

/** Slots by the minute since the epoch: a small integer is looked up several times as fast as a time in microseconds. */
class Minutes extends Map<number, number> {
  /** None that is known is later; it may be forgotten itself. What comes in the order of time is looked up but once. */
  newest = 0;
}

/** What is staged, and what it took the place of, in lists beside one another. */
interface Staged {
  readonly minutes: Minutes[];
  readonly minute: number[];
  readonly slotBefore: (number | undefined)[];
}

export class BarLedger {
  readonly #symbols = new Map<string, Map<string, Minutes>>();
  readonly #bars = new PackedBars();
  readonly #texts = new RecentTexts();
  readonly #staged: Staged = { minutes: [], minute: [], slotBefore: [] };

  /** Takes what a table holds already. */
  load(known: KnownBar): void {
    const { market, symbol, openTimeUs } = known.bar;
    const minutes = this.#minutes(market, symbol);
    const there = this.get(market, symbol, openTimeUs);
    if (there !== undefined && there.revision >= known.revision) return;
    const minute = openTimeUs / MINUTE_US;
    const slot = minutes.get(minute);
    put(minutes, minute, this.#bars.put({ ...known, ...(there && { earlier: wordsOf(there) }) }));
    if (slot !== undefined) this.#bars.free(slot);
  }

  get(market: string, symbol: string, openTimeUs: number): KnownBar | undefined {
    const minute = openTimeUs / MINUTE_US;
    const slot = this.#symbols.get(market)?.get(symbol)?.get(minute);
    return slot === undefined ? undefined : this.#bars.get(slot, market, symbol, minute);
  }

  /** Says what a bar is beside what is known, and stages it when it is new. */
  take(bar: Bar, origin: BarOrigin, received?: Uint8Array, knownAtUs = 0): Verdict {
    const { market, symbol, openTimeUs } = bar;
    const minutes = this.#minutes(market, symbol);
    const minute = openTimeUs / MINUTE_US;
    const slot = minute > minutes.newest ? undefined : minutes.get(minute);
    if (slot !== undefined)
      return verdictBeside(this.#bars.get(slot, market, symbol, minute), bar, knownAtUs);
    const slotBefore = minutes.get(minute - 1);
    const quietBefore = slotBefore === undefined ? this.#quietMinutes(bar, minutes) : NOTHING;
    let before = slotBefore === undefined ? null : this.#bars.chainId(slotBefore);
    for (const quiet of quietBefore) {
      before = (bar.firstTradeId ?? 0) - 1;
      const known = { bar: quiet, origin, revision: 0, chainId: before, knownAtUs };
      this.#stage(minutes, quiet.openTimeUs / MINUTE_US, undefined, known);
    }
    const completeness = completenessOf(bar, before);
    const text = received && this.#texts.keep(received);
    const known = { bar, origin, revision: 0, chainId: chainIdOf(bar, before), text, knownAtUs };
    this.#stage(minutes, minute, undefined, known);
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
    const minutes = this.#minutes(bar.market, bar.symbol);
    const minute = bar.openTimeUs / MINUTE_US;
    this.#stage(minutes, minute, minutes.get(minute), { ...known, ...word });
    return revision;
  }

  /** What is staged is stored. What is long past is forgotten. */
  accept(): void {
    for (const slot of this.#staged.slotBefore) if (slot !== undefined) this.#bars.free(slot);
    this.#nothingStaged();
    for (const symbols of this.#symbols.values()) for (const minutes of symbols.values()) this.#trim(minutes);
  }

  /** What is staged will not be stored. */
  discard(): void {
    const { minutes, minute, slotBefore } = this.#staged;
    for (let last = minutes.length - 1; last >= 0; last--)
      this.#unstage(minutes[last], minute[last], slotBefore[last]);
    this.#nothingStaged();
  }

  #stage(minutes: Minutes, minute: number, slotBefore: number | undefined, known: KnownBar): void {
    const staged = this.#staged;
    staged.minutes.push(minutes);
    staged.minute.push(minute);
    staged.slotBefore.push(slotBefore);
    put(minutes, minute, this.#bars.put(known));
  }

  #unstage(minutes: Minutes | undefined, minute: number | undefined, slotBefore: number | undefined): void {
    if (minutes === undefined || minute === undefined) return;
    const slot = minutes.get(minute);
    if (slot !== undefined) this.#bars.free(slot);
    if (slotBefore === undefined) minutes.delete(minute);
    else minutes.set(minute, slotBefore);
  }

  #nothingStaged(): void {
    for (const list of Object.values(this.#staged)) list.length = 0;
  }

  /** The minutes between the newest bar before and this one, when their ids meet. Nothing is known of the minute before. */
  #quietMinutes(bar: Bar, minutes: Minutes): readonly Bar[] {
    const { firstTradeId, openTimeUs, market, symbol } = bar;
    const minute = openTimeUs / MINUTE_US;
    if (firstTradeId === null) return NOTHING;
    let newest = 0;
    for (const known of minutes.keys()) if (known < minute && known > newest) newest = known;
    const slot = minutes.get(newest);
    if (slot === undefined || this.#bars.chainId(slot) !== firstTradeId - 1) return NOTHING;
    const count = minute - newest - 1;
    if (count > MAX_QUIET_MINUTES) return NOTHING;
    const { close } = this.#bars.get(slot, market, symbol, newest).bar;
    return Array.from({ length: count }, (_, index) =>
      quietBar(market, symbol, (newest + 1 + index) * MINUTE_US, close),
    );
  }

  /** Twice as many are let in before all are gone through. */
  #trim(minutes: Minutes): void {
    if (minutes.size <= 2 * KEPT_MINUTES) return;
    let newest = 0;
    for (const minute of minutes.keys()) newest = Math.max(newest, minute);
    for (const [minute, slot] of minutes) {
      if (newest - minute <= KEPT_MINUTES) continue;
      minutes.delete(minute);
      this.#bars.free(slot);
    }
  }

  #minutes(market: string, symbol: string): Minutes {
    let symbols = this.#symbols.get(market);
    if (symbols === undefined) {
      symbols = new Map();
      this.#symbols.set(market, symbols);
    }
    let minutes = symbols.get(symbol);
    if (minutes === undefined) {
      minutes = new Minutes();
      symbols.set(symbol, minutes);
    }
    return minutes;
  }
}

function put(minutes: Minutes, minute: number, slot: number): void {
  if (minute > minutes.newest) minutes.newest = minute;
  minutes.set(minute, slot);
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
