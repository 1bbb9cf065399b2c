/**
 * Sees to it that no aggregate trade is missing between the first and the last: ids go on by one, and where they jump,
 * what is missing is asked for by its id. What nobody tells is a row of `coverage`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../../base/clock.ts';
import { writeFileAtomic, writeFileAtomicBlocking } from '../../base/durable/write-file-atomic.ts';
import { LakeError, messageOf } from '../../base/errors.ts';
import { jsonFields } from '../../base/json-fields.ts';
import type { TradeHistorySpec } from '../../sources/trade-history-spec.ts';
import type { SpoolEvent, SpoolRecord } from '../../spool/segments/record.ts';
import { fetchResponse } from '../bars/fetch-response.ts';
import { WeightShare } from '../bars/weight-share.ts';
import type { VenueNetwork } from '../venue-network.ts';

export interface TradeRepairOptions {
  /** Of the source's spool. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly network: VenueNetwork;
  readonly history: TradeHistorySpec;
  readonly append: (record: SpoolRecord) => Promise<void>;
  readonly event: (connection: string, event: SpoolEvent) => void;
}

interface Ids {
  readonly market: string;
  readonly symbol: string;
  /** Every id before it was received. */
  next: number;
  /** Received beyond the gap. */
  readonly ahead: Set<number>;
  gapSinceMs: number;
  tries: number;
}

const FILE = 'trade-ids.json';
const SHARE = 1 / 3;
const LOOK_MS = 500;
/** The other socket may bring it. */
const PATIENCE_MS = 2000;
const REFUSED_PAUSE_MS = 5000;
const MAX_TRIES = 5;
const KEEP_MS = 2000;

export class TradeRepair {
  readonly #options: TradeRepairOptions;
  readonly #weight = new WeightShare(SHARE);
  readonly #ids = new Map<string, Ids>();
  /** As an earlier run left them. */
  readonly #earlier: Readonly<Record<string, unknown>>;
  #kept = '';
  #trouble = '';

  /** Knows at once what an earlier run knew: it has to be there before the first frame. */
  constructor(options: TradeRepairOptions) {
    this.#options = options;
    this.#earlier = jsonFields(readKept(join(options.folder, FILE)));
  }

  /** Looks at a frame of the stream, before it is recorded. */
  frame(connection: string, frame: Buffer): void {
    const found = this.#options.history.idIn(connection, frame);
    if (found === undefined) return;
    const key = `${found.market}:${found.symbol}`;
    let ids = this.#ids.get(key);
    if (ids === undefined) {
      const earlier = this.#earlier[key];
      const next = typeof earlier === 'number' && earlier <= found.id ? earlier : found.id;
      ids = { market: found.market, symbol: found.symbol, next, ahead: new Set(), gapSinceMs: 0, tries: 0 };
      this.#ids.set(key, ids);
      this.#take(ids, found.id);
      // A kill between the record of a symbol's very first trade and its id would hide what is missed after it.
      if (earlier === undefined) this.#keepNow();
    } else this.#take(ids, found.id);
  }

  async run(signal: AbortSignal): Promise<void> {
    let keptMs = 0;
    while (!signal.aborted) {
      for (const ids of this.#ids.values()) await this.#close(ids, signal);
      if (this.#options.clock.monotonicMs() - keptMs > KEEP_MS) {
        keptMs = this.#options.clock.monotonicMs();
        await this.#keep();
      }
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
    await this.#keep();
  }

  #take(ids: Ids, id: number): void {
    if (id < ids.next) return;
    if (id === ids.next) {
      ids.next++;
      while (ids.ahead.delete(ids.next)) ids.next++;
      ids.tries = 0;
      if (ids.ahead.size > 0) ids.gapSinceMs = this.#options.clock.monotonicMs();
      return;
    }
    if (ids.ahead.size === 0) ids.gapSinceMs = this.#options.clock.monotonicMs();
    ids.ahead.add(id);
  }

  /** Asks for what is missing before the first id beyond the gap. */
  async #close(ids: Ids, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (ids.ahead.size > 0 && !signal.aborted) {
      if (clock.monotonicMs() - ids.gapSinceMs < PATIENCE_MS) return;
      let toId = Number.POSITIVE_INFINITY;
      for (const id of ids.ahead) toId = Math.min(toId, id);
      const before = ids.next;
      try {
        await this.#ask(ids, toId, signal);
        this.#trouble = '';
      } catch (error) {
        if (signal.aborted) return;
        this.#report(`trades cannot be asked for, it goes on later: ${messageOf(error)}`);
        if (!(error instanceof LakeError) || error.code === 'EXCHANGE_REFUSED') ids.tries++;
        await sleep(REFUSED_PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
      if (ids.next === before) ids.tries++;
      if (ids.tries > MAX_TRIES) this.#giveUp(ids, toId);
      else if (ids.next === before) return;
      // What follows in this gap need not wait again.
      else ids.gapSinceMs = Number.NEGATIVE_INFINITY;
    }
  }

  async #ask({ market, symbol, next }: Ids, toId: number, signal: AbortSignal): Promise<void> {
    const { history, network } = this.#options;
    const request = history.request(network.addresses, market, symbol, { fromId: next, toId });
    const body = await fetchResponse(this.#options, this.#weight, request, signal);
    const trades = history.parse(body);
    const ids = this.#ids.get(`${market}:${symbol}`);
    if (ids === undefined || typeof trades === 'string') return;
    for (const trade of trades) if ('id' in trade && trade.id < toId) this.#take(ids, trade.id);
  }

  #giveUp(ids: Ids, toId: number): void {
    const { event, clock, history, log } = this.#options;
    const reason = `trades ${ids.next} to ${toId - 1} of ${ids.market}:${ids.symbol} are missing at the exchange`;
    log.warn(reason);
    const nowUs = clock.nowUs();
    event('rest', {
      type: 'poll_failed',
      stream: history.request({}, ids.market, ids.symbol, { fromId: 0, toId: 1 }).info.stream,
      market: ids.market,
      scheduledAtUs: nowUs,
      endedAtUs: nowUs,
      reason,
      missed: toId - ids.next,
    });
    ids.next = toId;
    ids.tries = 0;
    while (ids.ahead.delete(ids.next)) ids.next++;
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
    const now = { ...this.#earlier };
    for (const [key, { next }] of this.#ids) now[key] = next;
    return `${JSON.stringify(now)}\n`;
  }

  #report(trouble: string): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.log.warn(trouble);
  }
}

function readKept(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
