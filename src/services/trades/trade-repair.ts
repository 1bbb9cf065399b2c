/**
 * Sees to it that no aggregate trade is missing between the first and the last: ids go on by one, and where they jump,
 * what is missing is asked for by its id. What nobody tells is a row of `coverage`. Where no earlier run says up to where
 * it had a symbol's trades, the table does: a backfill may have stored them, or the file be lost.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { BackOff } from '../../base/back-off.ts';
import type { Clock } from '../../base/clock.ts';
import { writeFileAtomic, writeFileAtomicBlocking } from '../../base/durable/write-file-atomic.ts';
import { LakeError, messageOf, systemCodeOf } from '../../base/errors.ts';
import { jsonFields } from '../../base/json-fields.ts';
import { dayText } from '../../lake/timeframe.ts';
import { HttpStatusError } from '../../network/http/http-status-error.ts';
import type { TradeHistorySpec } from '../../sources/trade-history-spec.ts';
import type { SpoolEvent, SpoolRecord } from '../../spool/segments/record.ts';
import { fetchResponse } from '../bars/fetch-response.ts';
import { WeightShare } from '../bars/weight-share.ts';
import type { VenueNetwork } from '../venue-network.ts';
import { TradeIds } from './trade-ids.ts';

export interface TradeRepairOptions {
  readonly lake: string;
  /** Of the source's spool. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly network: VenueNetwork;
  readonly history: TradeHistorySpec;
  /** How many segments an earlier run left, to be stored before ours. */
  readonly leftover: number;
  readonly append: (record: SpoolRecord) => Promise<void>;
  readonly event: (connection: string, event: SpoolEvent) => void;
}

interface Series {
  readonly market: string;
  readonly symbol: string;
  readonly ids: TradeIds;
  /** Nobody knows yet whether trades before the first of them are stored. */
  isUnknownBefore: boolean;
  /** Of the clock's monotonic time: when the gap may be asked for. */
  askAtMs: number;
  /** Between requests that did not bring the next trade. */
  readonly pause: BackOff;
  /** Answers in a row without it. */
  emptyAnswers: number;
}

const FILE = 'trade-ids.json';
const SHARE = 1 / 3;
const LOOK_MS = 500;
/** As bars: an old backfill is no reason to fetch all that came after it. */
const JOINED_US = 86_400_000_000;
/** The other socket may bring it. */
const PATIENCE_MS = 2000;
const FIRST_PAUSE_MS = 5000;
const MAX_PAUSE_MS = 60_000;
const MAX_EMPTY_ANSWERS = 5;
const KEEP_MS = 2000;
const UNKNOWN_SYMBOL = 400;

export class TradeRepair {
  readonly #options: TradeRepairOptions;
  readonly #weight = new WeightShare(SHARE);
  readonly #series = new Map<string, Series>();
  /** As an earlier run left them. */
  readonly #earlier: Readonly<Record<string, unknown>>;
  #kept = '';
  #trouble = '';
  #leftover: number;
  /** Of this run. */
  #firstSegment: number | undefined;
  /** Of the clock's monotonic time: when the table may be asked. */
  #lookAtMs = 0;

  /** Knows at once what an earlier run knew: it has to be there before the first frame. */
  constructor(options: TradeRepairOptions) {
    this.#options = options;
    this.#leftover = options.leftover;
    this.#earlier = jsonFields(this.#readKept());
  }

  closed(segment: number): void {
    this.#firstSegment ??= segment;
  }

  /** A segment is stored, and with it all before it. */
  stored(segment: number): void {
    if (this.#firstSegment === undefined || segment < this.#firstSegment) this.#leftover--;
    else this.#leftover = 0;
  }

  /** Looks at a frame of the stream, before it is recorded. */
  frame(connection: string, frame: Buffer): void {
    const found = this.#options.history.idIn(connection, frame);
    if (found === undefined) return;
    const key = `${found.market}:${found.symbol}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = this.#begin(found.market, found.symbol, found.id, this.#earlier[key]);
      this.#series.set(key, series);
      this.#take(series, found.id);
      // A kill between the record of a symbol's very first trade and its id would hide what is missed after it.
      if (!(key in this.#earlier)) this.#keepNow();
    } else this.#take(series, found.id);
  }

  async run(signal: AbortSignal): Promise<void> {
    let keptMs = 0;
    while (!signal.aborted) {
      await this.#lookBefore(signal);
      let isBusy = false;
      // In turn: a long gap of one symbol holds up no other, and what is closed of it is kept.
      for (const series of this.#series.values()) isBusy = (await this.#close(series, signal)) || isBusy;
      if (this.#options.clock.monotonicMs() - keptMs > KEEP_MS) {
        keptMs = this.#options.clock.monotonicMs();
        await this.#keep();
      }
      if (!isBusy) await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
    await this.#keep();
  }

  /** @param earlier as `#text` wrote it. */
  #begin(market: string, symbol: string, id: number, earlier: unknown): Series {
    const pause = new BackOff(FIRST_PAUSE_MS, MAX_PAUSE_MS);
    const series = { market, symbol, askAtMs: 0, pause, emptyAnswers: 0 };
    if (typeof earlier === 'number')
      return { ...series, ids: new TradeIds(Math.min(earlier, id)), isUnknownBefore: false };
    const { first, next } = (earlier ?? {}) as Readonly<Record<string, unknown>>;
    const isKept = typeof first === 'number' && typeof next === 'number' && first <= next && next <= id;
    return { ...series, ids: isKept ? new TradeIds(next, first) : new TradeIds(id), isUnknownBefore: true };
  }

  /** Asks the table what it has of trades before the first one, as soon as it has all that was received before. */
  async #lookBefore(signal: AbortSignal): Promise<void> {
    const { clock, lake, network } = this.#options;
    if (this.#leftover > 0 || clock.monotonicMs() < this.#lookAtMs) return;
    const since = dayText(clock.nowUs() - JOINED_US);
    for (const series of this.#series.values()) {
      if (!series.isUnknownBefore || signal.aborted) continue;
      const { market, symbol, ids } = series;
      try {
        const { newestTradeIds } = await import('../../ingest/bars/newest-trades.ts');
        const of = { venue: network.venue.name, market, symbol, toId: ids.first, since };
        ids.takeEarlier(await newestTradeIds(lake, of));
        series.isUnknownBefore = false;
      } catch (error) {
        this.#report(`what trades are stored cannot be looked up, it goes on later: ${messageOf(error)}`);
        this.#lookAtMs = clock.monotonicMs() + FIRST_PAUSE_MS;
        return;
      }
    }
  }

  #take(series: Series, id: number): void {
    const { ids } = series;
    const gapEnd = ids.gapEnd;
    ids.take(id);
    if (ids.gapEnd === gapEnd) return;
    series.askAtMs = this.#options.clock.monotonicMs() + PATIENCE_MS;
    series.emptyAnswers = 0;
  }

  /** Asks once for what is missing before the first id beyond the gap. @returns whether more may be asked for at once. */
  async #close(series: Series, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const { ids } = series;
    const { next, gapEnd } = ids;
    if (gapEnd === undefined || signal.aborted || clock.monotonicMs() < series.askAtMs) return false;
    const isAnswered = await this.#ask(series, gapEnd, signal);
    if (signal.aborted) return false;
    if (ids.next !== next) {
      series.emptyAnswers = 0;
      series.pause.reset();
      // What follows in this gap, or is a gap since the same time, need not wait again.
      series.askAtMs = 0;
      return true;
    }
    if (isAnswered && ++series.emptyAnswers > MAX_EMPTY_ANSWERS) {
      this.#giveUp(series);
      return true;
    }
    series.askAtMs = clock.monotonicMs() + series.pause.nextMs();
    return false;
  }

  /** @returns whether the exchange answered: only what it does not have when asked is missing there. */
  async #ask(series: Series, gapEnd: number, signal: AbortSignal): Promise<boolean> {
    const { history, network } = this.#options;
    const { market, symbol, ids } = series;
    const range = { fromId: ids.next, toId: gapEnd };
    try {
      const request = history.request(network.addresses, market, symbol, range);
      const trades = history.parse(await fetchResponse(this.#options, this.#weight, request, signal));
      if (typeof trades === 'string') throw new LakeError('EXCHANGE_NONSENSE', trades);
      for (const trade of trades) if ('id' in trade && trade.id < gapEnd) ids.take(trade.id);
      this.#trouble = '';
      return true;
    } catch (error) {
      if (!signal.aborted) this.#report(`trades cannot be asked for, it goes on later: ${messageOf(error)}`);
      // It has no such symbol. Any other refusal is about who asks, or when.
      return error instanceof HttpStatusError && error.status === UNKNOWN_SYMBOL;
    }
  }

  #giveUp(series: Series): void {
    const { event, clock, history, log } = this.#options;
    const { market, symbol, ids } = series;
    const { gapEnd } = ids;
    if (gapEnd === undefined) return;
    const reason = `trades ${ids.next} to ${gapEnd - 1} of ${market}:${symbol} are missing at the exchange`;
    log.warn(reason);
    const nowUs = clock.nowUs();
    event('rest', {
      type: 'poll_failed',
      stream: history.request({}, market, symbol, { fromId: 0, toId: 1 }).info.stream,
      market,
      scheduledAtUs: nowUs,
      endedAtUs: nowUs,
      reason,
      missed: gapEnd - ids.next,
    });
    ids.skipGap();
    series.emptyAnswers = 0;
    series.pause.reset();
  }

  async #keep(): Promise<void> {
    const text = this.#text();
    if (text === this.#kept) return;
    try {
      await writeFileAtomic(join(this.#options.folder, FILE), text);
      this.#kept = text;
    } catch (error) {
      this.#report(`ids of trades cannot be kept: ${messageOf(error)}`);
    }
  }

  #keepNow(): void {
    try {
      writeFileAtomicBlocking(join(this.#options.folder, FILE), this.#text());
    } catch (error) {
      this.#report(`ids of trades cannot be kept: ${messageOf(error)}`);
    }
  }

  #text(): string {
    const now: Record<string, unknown> = { ...this.#earlier };
    for (const [key, { ids, isUnknownBefore }] of this.#series)
      now[key] = isUnknownBefore ? { first: ids.first, next: ids.next } : ids.next;
    return `${JSON.stringify(now)}\n`;
  }

  #readKept(): string {
    try {
      return readFileSync(join(this.#options.folder, FILE), 'utf8');
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT')
        this.#report(`up to where trades were received is taken from the table: ${messageOf(error)}`);
      return '';
    }
  }

  #report(trouble: string): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.log.warn(trouble);
  }
}
