/**
 * One spool segment → the rows of every table that it touches. A pure function of the segment's records and of the
 * keys seen before: a replay after a crash gives the same rows. One message or a hundred thousand take the same way.
 */

import { truncateUtf8 } from '../../base/truncate-utf8.ts';
import { COVERAGE_TABLE } from '../../lake/tables/coverage.ts';
import { LIQUIDATION_TABLE } from '../../lake/tables/liquidation.ts';
import { PRICES_TABLE } from '../../lake/tables/prices.ts';
import { QUARANTINE_TABLE } from '../../lake/tables/quarantine.ts';
import { scanForceOrder } from '../../sources/binance/force-order-fast-path.ts';
import { type Liquidation, notionalOf } from '../../sources/binance/liquidation.ts';
import { parseFrame } from '../../sources/binance/parse-frame.ts';
import { parseTickers, type Ticker } from '../../sources/binance/parse-tickers.ts';
import type { DamagedRecord } from '../../spool/segments/read-segment.ts';
import type { PollInfo, SpoolEvent, SpoolRecord } from '../../spool/segments/record.ts';
import { CoverageSpans } from '../dedup/coverage-spans.ts';
import type { DedupWindow } from '../dedup/dedup-window.ts';
import type { FrameLoss } from '../dedup/frame-loss.ts';
import { TableBatch } from './table-batch.ts';

export interface SegmentContext {
  /** `liquidation` or `prices`: the `source` column of coverage and quarantine. */
  readonly source: 'liquidation' | 'prices';
  readonly window: DedupWindow;
  readonly missed: FrameLoss;
}

/** The stream whose silence `coverage` is about. */
export const LIQUIDATION_STREAM = '!forceOrder@arr';

const VENUE = 'binance';

export class SegmentDecoder {
  readonly liquidation = new TableBatch(LIQUIDATION_TABLE);
  readonly prices = new TableBatch(PRICES_TABLE);
  readonly quarantine = new TableBatch(QUARANTINE_TABLE);
  readonly coverage = new TableBatch(COVERAGE_TABLE);
  duplicates = 0;
  lastEventUs: number | undefined;

  readonly #context: SegmentContext;
  readonly #spans = new CoverageSpans();
  #contractSizes: Readonly<Record<string, number>> = {};
  #clockOffsetUs: number | null = null;
  #lastReceivedAtUs = 0;
  /** Damage before the first intact record: it is dated as that one. */
  #undated: DamagedRecord[] = [];

  constructor(context: SegmentContext) {
    this.#context = context;
    // Of a segment that could not be stored.
    context.window.discard();
  }

  /** Takes the next record of the segment. */
  add(record: SpoolRecord | DamagedRecord): void {
    if ('damaged' in record) {
      if (this.#lastReceivedAtUs === 0) this.#undated.push(record);
      else this.#damaged(record);
      return;
    }
    this.#lastReceivedAtUs = record.receivedAtUs;
    if (this.#undated.length > 0) this.#dateDamage();
    switch (record.kind) {
      case 'frame':
        this.#frame(record);
        break;
      case 'binary':
        this.#quarantine(record.connection, record.receivedAtUs, 'a binary frame', textOf(record));
        break;
      case 'response':
        this.#response(record);
        break;
      case 'event':
        this.#event(record, JSON.parse(textOf(record)) as SpoolEvent);
        break;
    }
  }

  /**
   * Ends the coverage spans where the segment ends.
   * @param writtenAtUs when the segment's file was last written: the date of damage that left no record intact.
   */
  finish(writtenAtUs: number): void {
    this.#lastReceivedAtUs ||= writtenAtUs;
    this.#dateDamage();
    for (const span of this.#spans.finish()) {
      this.coverage.add(span.startedAtUs, {
        source: this.#context.source,
        stream: LIQUIDATION_STREAM,
        connection: span.connection,
        state: span.state,
        started_at: span.startedAtUs,
        ended_at: span.endedAtUs,
        frames: span.frames,
        missed: span.missed,
        end_reason: span.endReason,
        clock_offset_us: this.#clockOffsetUs,
      });
    }
  }

  #dateDamage(): void {
    for (const record of this.#undated) this.#damaged(record);
    this.#undated = [];
  }

  #damaged({ bytes }: DamagedRecord): void {
    this.#quarantine('', this.#lastReceivedAtUs, 'damaged in the spool', Buffer.from(bytes).toString());
  }

  #frame(record: SpoolRecord): void {
    const { connection, receivedAtUs, payload } = record;
    const usual = scanForceOrder(payload, receivedAtUs);
    const text = usual ? '' : textOf(record);
    const parsed = usual ? undefined : parseFrame(text, receivedAtUs);
    const order = parsed?.kind === 'liquidation' ? parsed.record : usual;
    // What cannot be understood, and answers to requests, prove nothing.
    if (order || parsed?.kind === 'tick' || parsed?.kind === 'shutdown')
      this.#spans.message(connection, receivedAtUs, order !== undefined);
    if (order) this.#liquidation(order, connection, receivedAtUs);
    else if (parsed?.kind === 'bad') this.#quarantine(connection, receivedAtUs, parsed.reason, text);
    for (const missing of this.#context.missed.takeMissed(receivedAtUs)) this.#spans.missed(missing);
  }

  #liquidation(order: Liquidation, connection: string, receivedAtUs: number): void {
    const { window, missed } = this.#context;
    if (!window.stage(order, receivedAtUs)) {
      this.duplicates++;
      missed.again(order, connection);
      return;
    }
    missed.first(order, connection, receivedAtUs, this.#spans.listeningAt(receivedAtUs));
    this.lastEventUs = Math.max(this.lastEventUs ?? 0, order.tradeTimeUs);
    const contractSize = order.market === 'coinm' ? this.#contractSizeOf(order.symbol) : null;
    const row = this.liquidation.begin(order.tradeTimeUs);
    row.venue.push(VENUE);
    row.market.push(order.market);
    row.symbol.push(order.symbol);
    row.side.push(order.side);
    row.order_type.push(order.orderType);
    row.time_in_force.push(order.timeInForce);
    row.status.push(order.status);
    row.price.push(order.price);
    row.average_price.push(order.averagePrice);
    row.quantity.push(order.quantity);
    row.last_filled_quantity.push(order.lastFilledQuantity);
    row.filled_quantity.push(order.filledQuantity);
    row.contract_size.push(contractSize);
    row.notional.push(notionalOf(order, contractSize));
    row.trade_time.push(order.tradeTimeUs);
    row.event_time.push(order.eventTimeUs);
    row.received_at.push(receivedAtUs);
    row.connection.push(connection);
  }

  /** Only an own entry counts: symbols are text from outside, and `constructor` is one. */
  #contractSizeOf(symbol: string): number | null {
    return Object.hasOwn(this.#contractSizes, symbol) ? (this.#contractSizes[symbol] ?? null) : null;
  }

  #response(record: SpoolRecord): void {
    const { connection, receivedAtUs, payload } = record;
    const lineEnd = payload.indexOf(10);
    const { request } = JSON.parse(Buffer.from(payload.subarray(0, lineEnd)).toString()) as {
      request: PollInfo;
    };
    const { rows, bad } = parseTickers(Buffer.from(payload.subarray(lineEnd + 1)).toString(), request.keep);
    for (const { raw, reason } of bad) this.#quarantine(connection, receivedAtUs, reason, raw);
    const symbols = new Set<string>();
    for (const ticker of rows) {
      if (symbols.has(ticker.symbol)) this.duplicates++;
      else this.prices.add(request.scheduledAtUs, priceRow(ticker, request, receivedAtUs));
      symbols.add(ticker.symbol);
    }
    this.lastEventUs = Math.max(this.lastEventUs ?? 0, request.scheduledAtUs);
    const { stream, startedAtUs } = request;
    const [firstBad] = bad;
    if (rows.length === 0 && firstBad !== undefined)
      this.#poll(connection, 'poll_failed', stream, startedAtUs, receivedAtUs, 0, firstBad.reason);
    else this.#poll(connection, 'poll', stream, startedAtUs, receivedAtUs, symbols.size, 'answered');
  }

  #event(record: SpoolRecord, event: SpoolEvent): void {
    this.#spans.event(record.connection, event, record.receivedAtUs);
    switch (event.type) {
      case 'segment_opened':
        this.#contractSizes = event.contractSizes ?? {};
        this.#clockOffsetUs = event.clockOffsetUs ?? null;
        break;
      case 'contract_sizes':
        this.#contractSizes = event.sizes;
        break;
      case 'clock_offset':
        this.#clockOffsetUs = event.offsetUs;
        break;
      case 'disconnected':
        this.#context.missed.disconnected(record.connection);
        break;
      case 'poll_failed':
        this.#poll(
          record.connection,
          'poll_failed',
          event.stream,
          event.scheduledAtUs,
          event.endedAtUs,
          0,
          event.reason,
          event.missed,
        );
        break;
    }
  }

  #poll(
    connection: string,
    state: 'poll' | 'poll_failed',
    stream: string,
    startedAtUs: number,
    endedAtUs: number,
    frames: number,
    reason: string,
    missed = 0,
  ): void {
    this.coverage.add(startedAtUs, {
      source: 'prices',
      stream,
      connection,
      state,
      started_at: startedAtUs,
      ended_at: endedAtUs,
      frames,
      missed,
      end_reason: reason,
      clock_offset_us: this.#clockOffsetUs,
    });
  }

  #quarantine(connection: string, receivedAtUs: number, reason: string, raw: string): void {
    this.quarantine.add(receivedAtUs, {
      source: this.#context.source,
      connection,
      received_at: receivedAtUs,
      reason,
      raw: truncateUtf8(raw),
    });
  }
}

function textOf({ payload }: SpoolRecord): string {
  return Buffer.isBuffer(payload) ? payload.toString() : Buffer.from(payload).toString();
}

function priceRow(ticker: Ticker, request: PollInfo, receivedAtUs: number) {
  return {
    venue: VENUE,
    market: request.market,
    symbol: ticker.symbol,
    collected_at: request.scheduledAtUs,
    last_price: ticker.lastPrice,
    open_price: ticker.openPrice,
    high_price: ticker.highPrice,
    low_price: ticker.lowPrice,
    bid_price: ticker.bidPrice,
    bid_quantity: ticker.bidQuantity,
    ask_price: ticker.askPrice,
    ask_quantity: ticker.askQuantity,
    previous_close_price: ticker.previousClosePrice,
    price_change: ticker.priceChange,
    price_change_percent: ticker.priceChangePercent,
    weighted_average_price: ticker.weightedAveragePrice,
    volume: ticker.volume,
    quote_volume: ticker.quoteVolume,
    trade_count: ticker.tradeCount,
    open_time: ticker.openTimeUs,
    close_time: ticker.closeTimeUs,
    first_trade_id: ticker.firstTradeId,
    last_trade_id: ticker.lastTradeId,
    received_at: receivedAtUs,
  };
}
