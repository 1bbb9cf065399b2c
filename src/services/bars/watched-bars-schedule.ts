/**
 * Asks for closed bars of a venue that streams none: each watched symbol is asked for after each minute while its market
 * is open, from where it was known to, with some minutes before for what came late. A venue that answers with anything
 * but bars is left alone, for longer each time. As long as nothing of it is watched, nobody is asked and nothing is made.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_US } from '../../bars/bar.ts';
import { closedPart } from '../../bars/closed-part.ts';
import type { MinuteRange } from '../../bars/plan-holes.ts';
import { LakeError, messageOf } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import { getOr404 } from '../../network/http/get-or-404.ts';
import type { HistoryAnswer, HistorySpec } from '../../sources/history-spec.ts';
import type { SymbolFacts } from '../../sources/instrument-list.ts';
import type { WatchedSymbol } from '../../sources/watched-symbol.ts';
import { symbolText } from '../../sources/watched-symbol.ts';
import { spoolFolder } from '../../spool/state/spool-folder.ts';
import type { CollectorOptions } from '../collector-options.ts';
import { type CollectorStatus, setState } from '../collector-status.ts';
import type { PollSchedule, PollSpool } from '../poll-collector.ts';
import { POLL_CONNECTION } from '../poll-source.ts';
import { changesOf } from '../symbols/refresh-symbols.ts';
import { appendSymbols, readSymbols } from '../symbols/symbol-table.ts';
import { AskedPlan } from './asked-plan.ts';
import { Breaker } from './breaker.ts';
import { readDue, writeDue } from './due-minutes.ts';
import type { WatchList } from './watch-list.ts';

export interface WatchedBarsScheduleOptions
  extends Pick<CollectorOptions, 'source' | 'network' | 'lake' | 'spool' | 'clock' | 'log'> {
  readonly watchList: WatchList;
  readonly rereadAfterMs: readonly number[];
}

/** A change of the watch list holds within a minute. */
const WATCH_MS = 10_000;
const LOOK_MS = 500;

export class WatchedBarsSchedule implements PollSchedule {
  readonly #options: WatchedBarsScheduleOptions;
  readonly #history: HistorySpec;

  constructor(options: WatchedBarsScheduleOptions) {
    const { history, id } = options.source;
    if (history === undefined) throw new TypeError(`${id} has no history`);
    this.#options = options;
    this.#history = history;
  }

  async whenNeeded(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if ((await this.#watched()).length > 0) return true;
      if (this.#options.watchList.isFixed) return false;
      await sleep(WATCH_MS, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  async run(spool: PollSpool, status: CollectorStatus, signal: AbortSignal): Promise<void> {
    const { clock, log, network, source, rereadAfterMs } = this.#options;
    const folder = spoolFolder(this.#options.spool, source.id);
    const due = await readDue(folder);
    const plan = new AskedPlan(due, source.venue, this.#history, rereadAfterMs);
    const tell = (text: string) => {
      if (!signal.aborted) log.warn({ source: source.id }, `${network.venue.title}: ${text}`);
    };
    const reported = new Set<string>();
    const tellOnce = (text: string) => {
      if (!reported.has(text)) tell(text);
      reported.add(text);
    };
    const breaker = new Breaker(tell);
    let listedMs = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      if (clock.monotonicMs() - listedMs > WATCH_MS) {
        listedMs = clock.monotonicMs();
        plan.watch(await this.#watched(), clock.nowUs());
        this.#tellLost(plan, spool, tell);
        await writeDue(folder, due).catch((error: unknown) =>
          tellOnce(`what is due is not kept: ${messageOf(error)}`),
        );
      }
      const question = plan.next(clock.nowUs());
      if (question === undefined) {
        await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
        continue;
      }
      const { one, range } = question;
      const answer = await breaker.ask(() => {
        status.frames++;
        return this.#ask(spool, one, range, signal);
      });
      if (signal.aborted) return;
      setState(status, answer === undefined ? 'failing' : 'polling', clock.nowUs());
      plan.answered(question, answer, clock.nowUs());
      this.#tellLost(plan, spool, tell);
      if (answer === 'unknown') tellOnce(`there is no ${symbolText(one)}: it is asked for now and then`);
      else if (answer?.facts !== undefined) await this.#keepFacts(answer.facts, tellOnce);
      await writeDue(folder, due).catch(() => undefined);
    }
  }

  /** Minutes that the venue no longer tells are a hole with its reason. */
  #tellLost(plan: AskedPlan, spool: PollSpool, tell: (text: string) => void): void {
    for (const { one, range } of plan.takeLost()) {
      const { market, symbol } = one;
      const { stream } = this.#history.request({}, market, symbol, range).info;
      const [from, to] = [range.fromUs, range.toUs].map((us) => new Date(us / 1000).toISOString());
      const reason = `bars of ${symbolText(one)} from ${from} to ${to} were not asked for in time, and can no longer be had`;
      tell(reason);
      spool.event(POLL_CONNECTION, {
        type: 'poll_failed',
        stream,
        market,
        scheduledAtUs: range.fromUs,
        endedAtUs: range.toUs,
        reason,
        missed: (range.toUs - range.fromUs) / MINUTE_US,
      });
    }
  }

  /**
   * @returns bars, or `unknown` where the venue has no such symbol.
   * @throws whatever says that the venue does not want to be asked, or answers with something else.
   */
  async #ask(
    spool: PollSpool,
    one: WatchedSymbol,
    range: MinuteRange,
    signal: AbortSignal,
  ): Promise<HistoryAnswer | 'unknown'> {
    const { network } = this.#options;
    const { market, symbol } = one;
    const { url, weight, info } = this.#history.request(network.addresses, market, symbol, range);
    const asked = await getOr404(network.rest, url, weight, signal);
    if (asked === undefined) return 'unknown';
    const { body, startedAtUs, receivedAtUs } = asked;
    const closed = closedPart(range, asked.answeredAtUs);
    const request = {
      ...info,
      history: { symbol, ...closed },
      scheduledAtUs: startedAtUs,
      startedAtUs,
    };
    const payload = Buffer.from(`${JSON.stringify({ request })}\n${body}`);
    // A disk that refuses must not hold up the end.
    const record = { kind: 'response', receivedAtUs, connection: POLL_CONNECTION, payload } as const;
    await untilAborted(spool.append(record), signal);
    const answer = this.#history.parse(body, market, symbol, closed);
    if (typeof answer !== 'string') return answer;
    throw new LakeError('EXCHANGE_NONSENSE', answer, { hint: 'it is asked again later' });
  }

  async #watched(): Promise<readonly WatchedSymbol[]> {
    const { watchList, source, log } = this.#options;
    const list = await watchList.refresh().catch((error: unknown) => {
      log.debug({ source: source.id }, `the watch list cannot be read: ${messageOf(error)}`);
      return watchList.now ?? [];
    });
    return list.filter(({ venue }) => venue === source.venue);
  }

  /** Time zone and session, a version where they changed. */
  async #keepFacts(facts: SymbolFacts, tell: (text: string) => void): Promise<void> {
    const { lake, clock } = this.#options;
    try {
      const known = (await readSymbols(lake))?.find(
        (one) => one.venue === facts.venue && one.market === facts.market && one.symbol === facts.symbol,
      );
      if (known === undefined) return;
      await appendSymbols(lake, changesOf([known], [facts]), clock.nowUs());
    } catch (error) {
      tell(`facts are not kept: ${messageOf(error)}`);
    }
  }
}
