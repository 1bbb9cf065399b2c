/**
 * What is known of the bars of the recent past: so that a second delivery is seen, a bar's trade ids are compared with
 * those of the minute before, and a later word with the first one. What a segment adds is staged until its commit.
 */
import { type Bar, type BarOrigin, type Completeness, isSameBar, MINUTE_US, quietBar } from './bar.ts';
import { RecentTexts } from './recent-texts.ts';

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
  readonly earlier?: readonly Bar[];
}

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

/** By the minute since the epoch: a small integer is looked up several times as fast as a time in microseconds. */
type Minutes = Map<number, KnownBar>;

export class BarLedger {
  readonly #symbols = new Map<string, Map<string, Minutes>>();
  readonly #texts = new RecentTexts();
  #staged: {
    readonly minutes: Minutes;
    readonly minute: number;
    readonly before: KnownBar | undefined;
  }[] = [];

  /** Takes what a table holds already. */
  load(known: KnownBar): void {
    const minutes = this.#minutes(known.bar.market, known.bar.symbol);
    const minute = known.bar.openTimeUs / MINUTE_US;
    const there = minutes.get(minute);
    if (there === undefined || there.revision < known.revision)
      minutes.set(minute, { ...known, ...(there && { earlier: wordsOf(there) }) });
  }

  get(market: string, symbol: string, openTimeUs: number): KnownBar | undefined {
    return this.#symbols
      .get(market)
      ?.get(symbol)
      ?.get(openTimeUs / MINUTE_US);
  }

  /** Says what a bar is beside what is known, and stages it when it is new. */
  take(bar: Bar, origin: BarOrigin, received?: Uint8Array, knownAtUs = 0): Verdict {
    const minutes = this.#minutes(bar.market, bar.symbol);
    const minute = bar.openTimeUs / MINUTE_US;
    const known = minutes.get(minute);
    if (known !== undefined) return verdictBeside(known, bar, knownAtUs);
    const quietBefore = quietMinutes(bar, minutes);
    for (const quiet of quietBefore) {
      const chainId = (bar.firstTradeId ?? 0) - 1;
      this.#stage(minutes, { bar: quiet, origin, revision: 0, chainId, knownAtUs });
    }
    const before = minutes.get(minute - 1);
    const completeness = completenessOf(bar, before);
    const text = received && this.#texts.keep(received);
    this.#stage(minutes, { bar, origin, revision: 0, chainId: chainIdOf(bar, before), text, knownAtUs });
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
    this.#stage(this.#minutes(bar.market, bar.symbol), { ...known, ...word });
    return revision;
  }

  /** What is staged is stored. What is long past is forgotten. */
  accept(): void {
    this.#staged = [];
    for (const symbols of this.#symbols.values()) for (const minutes of symbols.values()) trim(minutes);
  }

  /** What is staged will not be stored. */
  discard(): void {
    for (const { minutes, minute, before } of this.#staged.reverse()) {
      if (before === undefined) minutes.delete(minute);
      else minutes.set(minute, before);
    }
    this.#staged = [];
  }

  #stage(minutes: Minutes, known: KnownBar): void {
    const minute = known.bar.openTimeUs / MINUTE_US;
    this.#staged.push({ minutes, minute, before: minutes.get(minute) });
    minutes.set(minute, known);
  }

  #minutes(market: string, symbol: string): Minutes {
    let symbols = this.#symbols.get(market);
    if (symbols === undefined) {
      symbols = new Map();
      this.#symbols.set(market, symbols);
    }
    let minutes = symbols.get(symbol);
    if (minutes === undefined) {
      minutes = new Map();
      symbols.set(symbol, minutes);
    }
    return minutes;
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

/** The id that the next minute's first trade has to follow. */
export function chainIdOf(bar: Bar, before: Pick<KnownBar, 'chainId'> | undefined): number | null {
  return bar.lastTradeId ?? (bar.tradeCount === 0 ? (before?.chainId ?? null) : null);
}

function completenessOf(bar: Bar, before: KnownBar | undefined): Completeness {
  const { tradeCount, firstTradeId, lastTradeId } = bar;
  if (tradeCount === 0) return 'quiet';
  const isWhole =
    firstTradeId !== null && lastTradeId !== null && tradeCount === lastTradeId - firstTradeId + 1;
  return isWhole && before?.chainId === firstTradeId - 1 ? 'proven' : 'counted';
}

/** The minutes between the newest bar before and this one, when their ids meet. */
function quietMinutes(bar: Bar, minutes: Minutes): readonly Bar[] {
  const { firstTradeId, openTimeUs, market, symbol } = bar;
  if (firstTradeId === null || minutes.has(openTimeUs / MINUTE_US - 1)) return [];
  let newest: KnownBar | undefined;
  for (const known of minutes.values()) {
    const { openTimeUs: timeUs } = known.bar;
    if (timeUs < openTimeUs && timeUs > (newest?.bar.openTimeUs ?? 0)) newest = known;
  }
  if (newest === undefined || newest.chainId !== firstTradeId - 1) return [];
  const count = (openTimeUs - newest.bar.openTimeUs) / MINUTE_US - 1;
  if (count > MAX_QUIET_MINUTES) return [];
  const { close, openTimeUs: fromUs } = newest.bar;
  return Array.from({ length: count }, (_, index) =>
    quietBar(market, symbol, fromUs + (index + 1) * MINUTE_US, close),
  );
}

function trim(minutes: Minutes): void {
  if (minutes.size <= KEPT_MINUTES) return;
  let newest = 0;
  for (const minute of minutes.keys()) newest = Math.max(newest, minute);
  for (const minute of minutes.keys()) if (newest - minute > KEPT_MINUTES) minutes.delete(minute);
}
