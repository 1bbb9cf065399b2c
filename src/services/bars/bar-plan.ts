/** Which minutes are to be asked for next: holes, oldest first, then bars that are to be read again. */
import { MINUTE_US } from '../../bars/bar.ts';
import { type MinuteRange, minuteOf, missingRanges, planRequests } from '../../bars/plan-holes.ts';
import type { HistorySpec } from '../../sources/history-spec.ts';
import type { WatchedSymbol } from '../../sources/watched-symbol.ts';
import type { RepairProgress } from '../../spool/state/status-file.ts';
import type { DueMinutes, DueSymbol, OpenHole } from './due-minutes.ts';
import { keyOf, placeOf } from './symbol-key.ts';

export interface Question {
  readonly market: string;
  readonly symbol: string;
  readonly range: MinuteRange;
  /** Of a re-read: its delay in milliseconds. */
  readonly rereadMs?: number;
}

export interface BarPlanOptions {
  readonly due: DueMinutes;
  readonly lake: string;
  readonly venue: string;
  readonly history: HistorySpec;
  readonly rereadAfterMs: readonly number[];
}

/** What is looked at in one step, of all symbols together: memory is bounded, however long nobody was here. */
const LOOK_MINUTES = 600_000;
const LEAST_LOOK_MINUTES = 24 * 60;
const FIRST_RETRY_US = MINUTE_US;
const MAX_RETRY_US = 6 * 3_600_000_000;
/** A re-read of bars this long after their close takes one more bar with it for each. */
const REREAD_STEP_MS = 10 * 60_000;
const MAX_REREAD_MINUTES = 60;
const REFUSED_REREAD_US = 10 * MINUTE_US;
/** A backfill that ended this long before a symbol is due, or less, is gone on from. */
const JOINED_US = 24 * 60 * MINUTE_US;

export class BarPlan {
  readonly #options: BarPlanOptions;
  #watched: readonly WatchedSymbol[] = [];
  /** Found missing, not asked for yet; oldest first. */
  #questions: Question[] = [];
  /** Asked for, and not in the table when it was looked at last: answers come with the next segments. */
  readonly #asked = new Map<string, { readonly range: MinuteRange; readonly atUs: number }[]>();
  /** Of symbols whose re-read was refused: when the next one may be asked for. */
  readonly #rereadNextUs = new Map<string, number>();
  #repairedMinutes = 0;
  #rereadMinutes = 0;

  constructor(options: BarPlanOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#options.due.size === 0;
  }

  get progress(): RepairProgress {
    const unanswered = [...this.#options.due.values()].flatMap(({ openHoles }) => openHoles);
    return {
      missingMinutes: minutesIn(this.#questions.map(({ range }) => range)),
      unansweredMinutes: minutesIn(unanswered),
      repairedMinutes: this.#repairedMinutes,
      rereadMinutes: this.#rereadMinutes,
    };
  }

  /**
   * What is owed from now on: symbols that are new from `sinceUs` on. Those that left owe every minute in which they were
   * still watched, that of `nowUs` too, as long as it was not found.
   * @param list undefined: it could not be read yet.
   */
  watch(list: readonly WatchedSymbol[] | undefined, sinceUs: number, nowUs = sinceUs): void {
    const { due, venue } = this.#options;
    const wanted = list?.filter((one) => one.venue === venue);
    const keys = new Set(wanted?.map(keyOf));
    for (const key of keys) {
      const own = due.get(key);
      if (own === undefined) due.set(key, { checkedUs: sinceUs, openHoles: [], rereadUs: {}, isNew: true });
      else delete own.untilUs;
    }
    for (const [key, own] of wanted === undefined ? [] : [...due]) {
      if (keys.has(key)) continue;
      own.untilUs ??= minuteOf(nowUs) + MINUTE_US;
      if (own.checkedUs >= own.untilUs && own.openHoles.length === 0) due.delete(key);
    }
    this.#watched = [...due.keys()].map((key) => ({ venue, ...placeOf(key) }));
  }

  /** What was noted while our clock ran ahead is due from now on. */
  dueBy(nowUs: number): void {
    for (const own of this.#options.due.values()) own.checkedUs = Math.min(own.checkedUs, minuteOf(nowUs));
  }

  /**
   * Looks what the table lacks of the minutes that ended before `untilUs`.
   * @param storedUs everything received before is in the table.
   */
  async look(untilUs: number, storedUs: number): Promise<void> {
    const { due, lake, venue } = this.#options;
    await this.#join();
    const lookUs = Math.max(LEAST_LOOK_MINUTES, Math.floor(LOOK_MINUTES / Math.max(1, due.size))) * MINUTE_US;
    const spans = this.#watched.map((one) => {
      const own = due.get(keyOf(one)) as DueSymbol;
      const endUs = Math.min(untilUs, own.untilUs ?? untilUs, own.checkedUs + lookUs);
      return { one, own, toUs: Math.max(own.checkedUs, endUs) };
    });
    const oldest = Math.min(...spans.map(({ own }) => own.checkedUs));
    const { knownMinutes } = await import('../../ingest/bars/known-minutes.ts');
    const window = { fromUs: oldest, toUs: Math.min(untilUs, oldest + lookUs) };
    const known = spans.length === 0 ? new Map() : await knownMinutes(lake, { venue, ...window });
    this.#questions = [];
    for (const { one, own, toUs } of spans) {
      // Another symbol is far behind: this one waits.
      if (toUs > window.toUs) continue;
      await this.#lookAt(one, own, toUs, known.get(keyOf(one)) ?? new Set(), storedUs);
    }
    this.#questions.sort((a, b) => a.range.fromUs - b.range.fromUs);
  }

  /** What is stored of the day before a symbol was due is gone on from: no seam is left behind a backfill. */
  async #join(): Promise<void> {
    const { due, lake, venue } = this.#options;
    const fresh = this.#watched.flatMap((one) => {
      const own = due.get(keyOf(one));
      return own?.isNew ? [{ one, own }] : [];
    });
    if (fresh.length === 0) return;
    const { knownMinutes } = await import('../../ingest/bars/known-minutes.ts');
    const times = fresh.map(({ own }) => own.checkedUs);
    const window = { fromUs: Math.min(...times) - JOINED_US, toUs: Math.max(...times) };
    const known = await knownMinutes(lake, { venue, ...window, symbols: fresh.map(({ one }) => one.symbol) });
    for (const { one, own } of fresh) {
      let newestUs = Number.NEGATIVE_INFINITY;
      for (const timeUs of known.get(keyOf(one)) ?? [])
        if (timeUs < own.checkedUs) newestUs = Math.max(newestUs, timeUs);
      if (newestUs >= own.checkedUs - JOINED_US) own.checkedUs = newestUs + MINUTE_US;
      delete own.isNew;
    }
  }

  async #lookAt(
    one: WatchedSymbol,
    own: DueSymbol,
    toUs: number,
    there: ReadonlySet<number>,
    storedUs: number,
  ): Promise<void> {
    const key = keyOf(one);
    const { market, symbol } = one;
    await this.#closeHoles(one, own);
    const missing = missingRanges({ fromUs: own.checkedUs, toUs }, there);
    const asked = this.#asked.get(key) ?? [];
    const answered = asked.filter(({ atUs }) => atUs < storedUs);
    const pending = asked.filter(({ atUs }) => atUs >= storedUs);
    const { vain, rest } = splitBy(missing, answered);
    this.#repairedMinutes += minutesIn(answered.map(({ range }) => range)) - minutesIn(vain);
    const most = this.#options.history.maxMinutes(market);
    // One that no answer covers would never be asked for beyond its first part.
    for (const range of vain.flatMap((one) => planRequests([one], most)))
      own.openHoles.push({ ...range, tries: 1, nextTryUs: storedUs + FIRST_RETRY_US });
    const { rest: open } = splitBy(rest, pending);
    this.#asked.set(key, pending);
    for (const range of planRequests(open, most)) this.#questions.push({ market, symbol, range });
    const [firstLeft] = rest;
    own.checkedUs = firstLeft?.fromUs ?? toUs;
  }

  /** Holes that were filled meanwhile are none any more. */
  async #closeHoles({ market, symbol }: WatchedSymbol, own: DueSymbol): Promise<void> {
    if (own.openHoles.length === 0) return;
    const { lake, venue } = this.#options;
    const { knownMinutes } = await import('../../ingest/bars/known-minutes.ts');
    const left: OpenHole[] = [];
    for (const hole of own.openHoles) {
      const known = await knownMinutes(lake, { venue, ...hole, symbols: [symbol] });
      for (const range of missingRanges(hole, known.get(`${market}:${symbol}`) ?? []))
        left.push({ ...hole, ...range });
    }
    this.#repairedMinutes += minutesIn(own.openHoles) - minutesIn(left);
    own.openHoles = left;
  }

  /** @returns undefined when nothing is due at `nowUs`. */
  next(nowUs: number): Question | undefined {
    const [first] = this.#questions;
    return first ?? this.#openHole(nowUs) ?? this.#reread(nowUs);
  }

  /** The answer is in the spool. */
  asked(question: Question, nowUs: number): void {
    const { range, rereadMs } = question;
    const own = this.#options.due.get(keyOf(question));
    if (rereadMs !== undefined) {
      if (own !== undefined) own.rereadUs[rereadMs] = range.toUs;
      this.#rereadMinutes += minutesIn([range]);
      return;
    }
    if (this.#questions[0] !== question) {
      this.#tried(own, range, nowUs);
      return;
    }
    this.#questions.shift();
    this.#asked.set(keyOf(question), [...(this.#asked.get(keyOf(question)) ?? []), { range, atUs: nowUs }]);
  }

  /** The exchange does not answer this question: it is asked again after pauses, and holds up no other. */
  refused(question: Question, nowUs: number): void {
    const own = this.#options.due.get(keyOf(question));
    if (question.rereadMs !== undefined) this.#rereadNextUs.set(keyOf(question), nowUs + REFUSED_REREAD_US);
    else if (this.#questions[0] === question) {
      this.#questions.shift();
      own?.openHoles.push({ ...question.range, tries: 1, nextTryUs: nowUs + FIRST_RETRY_US });
      if (own?.checkedUs === question.range.fromUs) own.checkedUs = question.range.toUs;
    } else this.#tried(own, question.range, nowUs);
  }

  #tried(own: DueSymbol | undefined, { fromUs }: MinuteRange, nowUs: number): void {
    if (own === undefined) return;
    own.openHoles = own.openHoles.map((hole) => {
      if (hole.fromUs !== fromUs) return hole;
      const pauseUs = Math.min(MAX_RETRY_US, FIRST_RETRY_US * 2 ** hole.tries);
      return { ...hole, tries: hole.tries + 1, nextTryUs: nowUs + pauseUs };
    });
  }

  #openHole(nowUs: number): Question | undefined {
    for (const { market, symbol } of this.#watched) {
      const own = this.#options.due.get(`${market}:${symbol}`);
      const hole = own?.openHoles.find(({ nextTryUs }) => nextTryUs <= nowUs);
      if (hole === undefined) continue;
      const most = this.#options.history.maxMinutes(market) * MINUTE_US;
      const range = { fromUs: hole.fromUs, toUs: Math.min(hole.toUs, hole.fromUs + most) };
      return { market, symbol, range };
    }
    return undefined;
  }

  /** Bars that were stored, a batch at a time: the later the re-read, the larger. */
  #reread(nowUs: number): Question | undefined {
    const { due, rereadAfterMs, history } = this.#options;
    for (const rereadMs of rereadAfterMs) {
      const toUs = Math.floor((nowUs - rereadMs * 1000) / MINUTE_US) * MINUTE_US;
      const batch = Math.min(MAX_REREAD_MINUTES, Math.max(1, Math.floor(rereadMs / REREAD_STEP_MS)));
      for (const { market, symbol } of this.#watched) {
        const own = due.get(`${market}:${symbol}`);
        if (own === undefined || own.isNew || nowUs < (this.#rereadNextUs.get(`${market}:${symbol}`) ?? 0))
          continue;
        own.rereadUs[rereadMs] ??= own.checkedUs;
        const fromUs = own.rereadUs[rereadMs] ?? own.checkedUs;
        const untilUs = Math.min(toUs, own.checkedUs, fromUs + history.maxMinutes(market) * MINUTE_US);
        if (untilUs - fromUs < batch * MINUTE_US) continue;
        return { market, symbol, range: { fromUs, toUs: untilUs }, rereadMs };
      }
    }
    return undefined;
  }
}

function minutesIn(ranges: readonly MinuteRange[]): number {
  return ranges.reduce((sum, { fromUs, toUs }) => sum + (toUs - fromUs) / MINUTE_US, 0);
}

/** The minutes that lie in what was asked for, and the others. */
function splitBy(
  missing: readonly MinuteRange[],
  asked: readonly { readonly range: MinuteRange }[],
): { readonly vain: readonly MinuteRange[]; readonly rest: readonly MinuteRange[] } {
  if (asked.length === 0) return { vain: [], rest: missing };
  const within = (timeUs: number) => asked.some(({ range }) => timeUs >= range.fromUs && timeUs < range.toUs);
  const vain = new Set<number>();
  const rest = new Set<number>();
  for (const { fromUs, toUs } of missing)
    for (let timeUs = fromUs; timeUs < toUs; timeUs += MINUTE_US) (within(timeUs) ? vain : rest).add(timeUs);
  return { vain: rangesOf(vain), rest: rangesOf(rest) };
}

function rangesOf(minutes: ReadonlySet<number>): readonly MinuteRange[] {
  const ranges: { fromUs: number; toUs: number }[] = [];
  for (const timeUs of minutes) {
    const last = ranges.at(-1);
    if (last?.toUs === timeUs) last.toUs += MINUTE_US;
    else ranges.push({ fromUs: timeUs, toUs: timeUs + MINUTE_US });
  }
  return ranges;
}
