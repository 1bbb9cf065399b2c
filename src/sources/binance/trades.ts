/**
 * Aggregate trades of named symbols, complete by their ids. Block trades are no part of them.
 * Source: Binance docs, "Aggregate Trade Streams".
 */
import { jsonFields } from '../../base/json-fields.ts';
import { murmur3 } from '../../base/murmur3.ts';
import { TRADES_TABLE } from '../../lake/tables/trades.ts';
import { type FeedSpec, type FrameKind, groupOf } from '../../network/websocket/feed-spec.ts';
import type { SpoolRecord } from '../../spool/segments/record.ts';
import type { AggregateTrade } from '../aggregate-trade.ts';
import { isPlausible, parseTime } from '../event-time.ts';
import { readResponse, recordText } from '../record-text.ts';
import type { Rows } from '../rows.ts';
import type { Source } from '../source.ts';
import { isSymbol } from '../symbol.ts';
import { BINANCE_TRADE_ARCHIVE } from './archives.ts';
import { marketOfGroup, planMarketStreams } from './market-streams.ts';
import { parseAggregateTrade } from './parse-aggregate-trade.ts';
import { SPOT_WS_URL } from './settings.ts';
import { BINANCE_TRADE_HISTORY, TRADE_STREAM } from './trade-history.ts';

const VENUE = 'binance';
const HEAD_BYTES = 160;
const MAX_UNITS = 96;

const units = new Uint16Array(MAX_UNITS);
const words = new Uint32Array(units.buffer);
const hash = new Uint32Array(4);

export function classifyTradeFrame(frame: Buffer): FrameKind {
  const head = frame.toString('latin1', 0, HEAD_BYTES);
  if (head.includes('"aggTrade"')) return 'data';
  if (head.includes('kline_1s') || head.includes('markPrice')) return 'tick';
  return head.includes('serverShutdown') ? 'shutdown' : 'other';
}

const FEED: FeedSpec = {
  stream: TRADE_STREAM,
  dataName: 'trades',
  routeName: 'trade stream',
  setting: SPOT_WS_URL,
  routeHint: 'trades of USDⓈ-M need /market',
  plan: planMarketStreams(TRADE_STREAM),
  markets: (group) => [marketOfGroup(group)],
  classify: classifyTradeFrame,
  isSilenceUnproven: false,
};

export const BINANCE_TRADES: Source = {
  id: 'trades',
  venue: VENUE,
  command: 'trades',
  coverageSource: 'trades',
  tables: [TRADES_TABLE],
  feed: FEED,
  tradeHistory: BINANCE_TRADE_HISTORY,
  tradeArchive: BINANCE_TRADE_ARCHIVE,
  dedup: {
    table: TRADES_TABLE,
    columns: ['market', 'symbol', 'trade_id'],
    // Whoever stored them: a backfill receives them long after they happened.
    receivedAt: 'trade_time',
    hashRow({ market, symbol, trade_id: id }, into) {
      if (typeof market !== 'string' || typeof symbol !== 'string' || id === null) return false;
      hashTrade(market, symbol, Number(id), into);
      return true;
    },
  },
  decode(record, _, rows) {
    if (record.kind === 'response') decodeAnswer(record, rows);
    else decodeFrame(record, rows);
  },
};

function decodeFrame(record: SpoolRecord, rows: Rows): void {
  const kind = classifyTradeFrame(Buffer.from(record.payload));
  if (kind === 'tick' || kind === 'shutdown') {
    rows.heard(null);
    return;
  }
  const text = recordText(record);
  const fields = jsonFields(text);
  const event = typeof fields.data === 'object' && fields.data !== null ? { ...fields.data } : fields;
  if (!('e' in event) && ('result' in event || 'error' in event)) return;
  const market = marketOfGroup(groupOf(record.connection));
  const { s: symbol } = event as Readonly<Record<string, unknown>>;
  const trade =
    'e' in event && event.e === 'aggTrade'
      ? parseAggregateTrade(event)
      : 'not an event of an aggregate trade';
  if (typeof trade === 'string') rows.quarantine(trade, text, market);
  else if (typeof symbol !== 'string' || !isSymbol(symbol))
    rows.quarantine('`s` is not a symbol', text, market);
  else if (
    !isPlausible(
      trade.tradeTimeUs,
      record.receivedAtUs,
      parseTime('E' in event ? event.E : undefined) ?? null,
    )
  )
    rows.quarantine('`T` is more than 26 h from the time of receipt', text, market);
  else {
    rows.heard(market);
    addTrade(rows, record, market, symbol, trade, 'stream');
  }
}

function decodeAnswer(record: SpoolRecord, rows: Rows): void {
  const { request, body } = readResponse(record);
  const { market, stream, startedAtUs, trades: asked } = request;
  if (asked === undefined) return;
  const trades = BINANCE_TRADE_HISTORY.parse(body);
  if (typeof trades === 'string') {
    rows.quarantine(trades, body, market);
    rows.polled({ stream, market, startedAtUs, rows: 0, failure: trades });
    return;
  }
  for (const trade of trades) {
    if ('reason' in trade) rows.quarantine(trade.reason, trade.raw, market);
    else if (trade.id >= asked.fromId && trade.id < asked.toId)
      addTrade(rows, record, market, asked.symbol, trade, 'rest');
  }
}

function addTrade(
  rows: Rows,
  { receivedAtUs, connection }: SpoolRecord,
  market: string,
  symbol: string,
  trade: AggregateTrade,
  origin: string,
): void {
  hashTrade(market, symbol, trade.id, hash);
  if (!rows.isNew(hash, market)) return;
  const row = rows.begin(TRADES_TABLE, trade.tradeTimeUs);
  row.venue.push(VENUE);
  row.market.push(market);
  row.symbol.push(symbol);
  row.trade_id.push(trade.id);
  row.first_trade_id.push(trade.firstTradeId);
  row.last_trade_id.push(trade.lastTradeId);
  row.price.push(trade.price);
  row.quantity.push(trade.quantity);
  row.is_buyer_maker.push(trade.isBuyerMaker ? 1 : 0);
  row.trade_time.push(trade.tradeTimeUs);
  row.origin.push(origin);
  row.received_at.push(receivedAtUs);
  row.connection.push(connection);
  rows.event(trade.tradeTimeUs);
}

function hashTrade(market: string, symbol: string, id: number, into: Uint32Array): void {
  units.fill(0);
  const text = `${market}:${id}:${symbol}`;
  for (let i = 0; i < text.length && i < MAX_UNITS; i++) units[i] = text.charCodeAt(i);
  murmur3(words, MAX_UNITS / 2, into);
}
