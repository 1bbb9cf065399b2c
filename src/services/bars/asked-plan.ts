/**
 * Which symbol of a venue that streams nothing is asked for next, and from when on. A minute without a bar is none: its
 * market was closed, or nobody traded. So what is known reaches to the newest bar, however long ago that was.
 */
import { MINUTE_US } from '../../bars/bar.ts';
import { type MinuteRange, minuteOf } from '../../bars/plan-holes.ts';
import type { HistoryAnswer, HistorySpec } from '../../sources/history-spec.ts';
import type { WatchedSymbol } from '../../sources/watched-symbol.ts';
import type { DueMinutes, DueSymbol } from './due-minutes.ts';
import { keyOf, placeOf } from './symbol-key.ts';

export interface AskedQuestion {
  readonly one: WatchedSymbol;
  readonly range: MinuteRange;
  /** Of a re-read: its delay in milliseconds. */
  readonly rereadMs?: number;
}

/** Minutes that nobody asked for as long as the venue still knew them. */
export interface LostMinutes {
  readonly one: WatchedSymbol;
  readonly range: MinuteRange;
}

/** Bars come up to so long after their minute, and are corrected in it. */
const OVERLAP_US = 10 * MINUTE_US;
/** After the end of a minute, for the venue to have made its bar. */
const GRACE_US = 5_000_000;
/** While the market is closed. */
const CLOSED_PAUSE_US = 15 * MINUTE_US;
/** After the end of a session its last bars may still come. */
const SETTLED_US = 20 * MINUTE_US;

export class AskedPlan {
  readonly #due: DueMinutes;
  readonly #venue: string;
  readonly #history: HistorySpec;
  readonly #rereadAfterMs: readonly number[];
  #watched: readonly WatchedSymbol[] = [];
  /** When each is asked for again. */
  readonly #nextUs = new Map<string, number>();
  /** Nothing came of a re-read: when the next one may be asked for. */
  #rereadNextUs = 0;
  #lost: LostMinutes[] = [];

  /** @param rereadAfterMs those that the overlap covers anyway cost nothing. */
  constructor(due: DueMinutes, venue: string, history: HistorySpec, rereadAfterMs: readonly number[]) {
    this.#due = due;
    this.#venue = venue;
    this.#history = history;
    this.#rereadAfterMs = rereadAfterMs.filter((ms) => ms * 1000 > OVERLAP_US);
  }

  /** Those that left are asked for until their last minute and what comes late before it must be there. */
  watch(list: readonly WatchedSymbol[], nowUs: number): void {
    const keys = new Set(list.map(keyOf));
    for (const key of keys) {
      const own = this.#due.get(key);
      if (own === undefined) this.#due.set(key, { checkedUs: minuteOf(nowUs), openHoles: [], rereadUs: {} });
      else delete own.untilUs;
    }
    for (const [key, own] of this.#due) {
      if (keys.has(key)) continue;
      own.untilUs ??= minuteOf(nowUs) + MINUTE_US;
      if (own.untilUs > this.#oldestUs(nowUs)) continue;
      this.#lose({ venue: this.#venue, ...placeOf(key) }, own, own.untilUs);
      this.#due.delete(key);
    }
    this.#watched = [...this.#due.keys()].map((key) => ({ venue: this.#venue, ...placeOf(key) }));
  }

  /** What was found lost since it was taken last: with the first answer after a standstill. */
  takeLost(): readonly LostMinutes[] {
    const lost = this.#lost;
    this.#lost = [];
    return lost;
  }

  #lose(one: WatchedSymbol, own: DueSymbol, toUs: number): void {
    const fromUs = own.askedUs ?? own.checkedUs;
    if (toUs > fromUs) this.#lost.push({ one, range: { fromUs, toUs } });
  }

  /** @returns undefined when nothing is due now: the one that waits longest, or bars that are read again. */
  next(nowUs: number): AskedQuestion | undefined {
    const toUs = minuteOf(nowUs - GRACE_US);
    let [chosen, chosenUs]: [WatchedSymbol | undefined, number] = [undefined, nowUs];
    for (const one of this.#watched) {
      const nextUs = this.#nextUs.get(keyOf(one)) ?? 0;
      if (nextUs < chosenUs) [chosen, chosenUs] = [one, nextUs];
    }
    if (chosen !== undefined) {
      const own = this.#of(chosen);
      const endUs = Math.min(toUs, own.untilUs ?? toUs);
      const range = this.#bounded({ fromUs: own.checkedUs - OVERLAP_US, toUs: endUs }, nowUs);
      if (range.toUs > range.fromUs) return { one: chosen, range };
    }
    return this.#reread(nowUs);
  }

  /** @param answer `unknown`: there is no such symbol; undefined: nothing came of it. */
  answered(
    { one, range, rereadMs }: AskedQuestion,
    answer: HistoryAnswer | 'unknown' | undefined,
    nowUs: number,
  ): void {
    const own = this.#of(one);
    if (rereadMs !== undefined) {
      if (answer === undefined) this.#rereadNextUs = nextOf(answer, nowUs);
      else own.rereadUs[rereadMs] = range.toUs;
      return;
    }
    if (answer !== undefined) {
      this.#lose(one, own, range.fromUs);
      own.askedUs = Math.max(own.askedUs ?? 0, range.toUs);
    }
    const { untilUs = Number.POSITIVE_INFINITY } = own;
    const isOver = range.toUs >= untilUs && nowUs >= untilUs + OVERLAP_US;
    if (answer !== undefined && (isOver || (answer === 'unknown' && nowUs >= untilUs))) {
      this.#due.delete(keyOf(one));
      this.#watched = this.#watched.filter((other) => keyOf(other) !== keyOf(one));
      return;
    }
    // One answer does not reach to now: the next one begins where it ends, at once.
    const isBehind = range.toUs < Math.min(untilUs, minuteOf(nowUs - GRACE_US));
    const isAnswer = answer !== undefined && answer !== 'unknown';
    this.#nextUs.set(keyOf(one), isAnswer && isBehind ? 0 : nextOf(answer, nowUs));
    if (!isAnswer) return;
    const newestUs = answer.bars.at(-1)?.openTimeUs ?? 0;
    own.checkedUs = Math.max(own.checkedUs, isBehind ? range.toUs : newestUs + MINUTE_US);
  }

  #reread(nowUs: number): AskedQuestion | undefined {
    if (nowUs < this.#rereadNextUs) return undefined;
    for (const rereadMs of this.#rereadAfterMs) {
      for (const one of this.#watched) {
        const own = this.#of(one);
        own.rereadUs[rereadMs] ??= own.checkedUs;
        const fromUs = own.rereadUs[rereadMs] ?? own.checkedUs;
        const toUs = minuteOf(Math.min(own.checkedUs, nowUs - rereadMs * 1000));
        // Once in so long, all bars of that time.
        if (toUs - fromUs < rereadMs * 1000) continue;
        return { one, range: this.#bounded({ fromUs, toUs }, nowUs), rereadMs };
      }
    }
    return undefined;
  }

  /** As much as one answer may have, of what the venue still knows. */
  #bounded({ fromUs, toUs }: MinuteRange, nowUs: number): MinuteRange {
    const market = this.#watched[0]?.market ?? '';
    const startUs = Math.max(fromUs, this.#oldestUs(nowUs));
    return { fromUs: startUs, toUs: Math.min(toUs, startUs + this.#history.maxMinutes(market) * MINUTE_US) };
  }

  /** The venue knows nothing of the minutes before. */
  #oldestUs(nowUs: number): number {
    const { maxAgeMinutes } = this.#history;
    return maxAgeMinutes === undefined ? 0 : minuteOf(nowUs) - maxAgeMinutes * MINUTE_US;
  }

  #of(one: WatchedSymbol): DueSymbol {
    return this.#due.get(keyOf(one)) as DueSymbol;
  }
}

/** After each minute while the market is open, and when it opens; where no hours are known, whoever asks waits anyway. */
function nextOf(answer: HistoryAnswer | 'unknown' | undefined, nowUs: number): number {
  const soonUs = minuteOf(nowUs + MINUTE_US) + GRACE_US;
  const laterUs = minuteOf(nowUs + CLOSED_PAUSE_US) + GRACE_US;
  if (answer === undefined) return soonUs;
  if (answer === 'unknown') return laterUs;
  const { sessionStartUs: startUs = null, sessionEndUs: endUs = null } = answer.facts ?? {};
  if (startUs === null || endUs === null) return soonUs;
  if (nowUs < startUs) return Math.min(laterUs, startUs + MINUTE_US + GRACE_US);
  return nowUs < endUs + SETTLED_US ? soonUs : laterUs;
}
