/** Frames of klines as live rows: bars, closed and forming. What cannot be understood is left out. */
import { jsonFields } from '../../base/json-fields.ts';
import type { LiveEvent, LiveFrame } from '../live-event.ts';
import { parseKlineEvent } from './parse-kline.ts';

const VENUE = 'binance';
const MINUTE_US = 60_000_000;

export function binanceBarEvents({ connection, receivedAtUs, payload }: LiveFrame): LiveEvent[] {
  const text = payload.toString('utf8');
  if (!text.includes('"kline"')) return [];
  const fields = jsonFields(text);
  const event = typeof fields.data === 'object' && fields.data !== null ? { ...fields.data } : fields;
  // The connection is named `MARKET/ws-1`, or `MARKET.2/ws-1`.
  const market = /^([a-z]+)(?:\.\d+)?\//.exec(connection)?.[1] ?? 'spot';
  const parsed = parseKlineEvent(event, market, receivedAtUs);
  if (parsed.kind === 'bad') return [];
  const { bar, kind } = parsed;
  const row = {
    venue: VENUE,
    market,
    symbol: bar.symbol,
    timeframe: '1m',
    open_time: isoOf(bar.openTimeUs),
    close_time: isoOf(bar.openTimeUs + MINUTE_US),
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    volume: bar.volume,
    quote_volume: bar.quoteVolume,
    trade_count: bar.tradeCount,
    taker_buy_volume: bar.takerBuyVolume,
    taker_buy_quote_volume: bar.takerBuyQuoteVolume,
    origin: 'stream',
    known_at: isoOf(receivedAtUs),
    closed: kind === 'closed',
  };
  return [{ kind: kind === 'closed' ? 'bar' : 'forming', row }];
}

/** As the API writes times. */
function isoOf(us: number): string {
  const ms = Math.floor(us / 1000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us - ms * 1000).padStart(3, '0')}Z`;
}
