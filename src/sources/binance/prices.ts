/** 24 h tickers of spot pairs. Source: Binance spot REST API, `GET /api/v3/ticker/24hr`. */
import { PRICES_TABLE } from '../../lake/tables/prices.ts';
import { HttpStatusError } from '../../network/http/http-status-error.ts';
import type { PollInfo } from '../../spool/segments/record.ts';
import type { PollSpec } from '../poll-spec.ts';
import { readResponse } from '../record-text.ts';
import type { Source } from '../source.ts';
import { parseTickers, type Ticker } from './parse-tickers.ts';
import { SPOT_REST_URL } from './settings.ts';
import {
  allTickersRequest,
  keepsNothing,
  nothingKeptText,
  TICKER_STREAM,
  tickerRequest,
} from './ticker-request.ts';

const VENUE = 'binance';

const POLL: PollSpec = {
  stream: TICKER_STREAM,
  requests(addresses, selection) {
    const { url, weight, keep } = tickerRequest(addresses[SPOT_REST_URL] ?? '', selection);
    return [{ url, weight, info: { market: 'spot', stream: TICKER_STREAM, ...(keep ? { keep } : {}) } }];
  },
  unknownSymbol: {
    isMeant: (error) =>
      error instanceof HttpStatusError && error.status === 400 && /-1121\b/.test(error.message),
    requests(addresses, { symbols }) {
      const { url, weight } = allTickersRequest(addresses[SPOT_REST_URL] ?? '');
      return [{ url, weight, info: { market: 'spot', stream: TICKER_STREAM, keep: { symbols } } }];
    },
    missing: (body, { symbols }) => symbols.filter((symbol) => !body.includes(`"${symbol}"`)),
  },
  nothingKept: (body, selection) => (keepsNothing(body, selection) ? nothingKeptText(selection) : undefined),
};

export const BINANCE_PRICES: Source = {
  id: 'prices',
  venue: VENUE,
  command: 'prices',
  coverageSource: 'prices',
  tables: [PRICES_TABLE],
  poll: POLL,
  decode(record, _facts, rows) {
    const { request, body } = readResponse(record);
    const { rows: tickers, bad } = parseTickers(body, request.keep);
    for (const { raw, reason } of bad) rows.quarantine(reason, raw, request.market);
    const symbols = new Set<string>();
    for (const ticker of tickers) {
      if (symbols.has(ticker.symbol)) rows.duplicate();
      else rows.add(PRICES_TABLE, request.scheduledAtUs, priceRow(ticker, request, record.receivedAtUs));
      symbols.add(ticker.symbol);
    }
    rows.event(request.scheduledAtUs);
    const { stream, market, startedAtUs } = request;
    const [firstBad] = bad;
    const failure = tickers.length === 0 ? firstBad?.reason : undefined;
    rows.polled({
      stream,
      market,
      startedAtUs,
      rows: symbols.size,
      ...(failure === undefined ? {} : { failure }),
    });
  },
};

/** One collection at a time, for cron: a source of its own, which may run beside `prices`. */
export const BINANCE_PRICES_ONCE: Source = { ...BINANCE_PRICES, id: 'once', command: 'once' };

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
