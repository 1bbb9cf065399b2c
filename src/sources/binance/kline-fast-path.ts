/**
 * A closed bar exactly as the exchange writes its frame today, read straight from the bytes. What is written otherwise, or
 * fails any check, is left to `parseKlineEvent`, which decides and knows the reason.
 */
import { type Bar, MINUTE_US } from '../../bars/bar.ts';
import { isPlausible } from '../event-time.ts';
import {
  beginFrame,
  decimalAfter,
  integerAfter,
  isAtEnd,
  literal,
  skip,
  skipName,
  skipWord,
  timeAfter,
  wordAfter,
} from './frame-scanner.ts';

const STREAM = literal('{"stream":"');
const EVENT_TIME = literal('@kline_1m","data":{"e":"kline","E":');
const SYMBOL = literal(',"s":"');
const OPEN_TIME = literal('","k":{"t":');
const CLOSE_TIME = literal(',"T":');
const FIRST_TRADE = literal('","i":"1m","f":');
const LAST_TRADE = literal(',"L":');
const OPEN = literal(',"o":"');
const CLOSE = literal('","c":"');
const HIGH = literal('","h":"');
const LOW = literal('","l":"');
const VOLUME = literal('","v":"');
const TRADE_COUNT = literal('","n":');
const QUOTE_VOLUME = literal(',"x":true,"q":"');
const TAKER_VOLUME = literal('","V":"');
const TAKER_QUOTE_VOLUME = literal('","Q":"');
const IGNORED = literal('","B":"');
const END = literal('"}}}');

/** @param receivedAtUs microseconds since the epoch. */
export function scanClosedKline(frame: Uint8Array, market: string, receivedAtUs: number): Bar | undefined {
  beginFrame(frame);
  if (!skip(STREAM)) return undefined;
  skipName();
  const eventTimeUs = timeAfter(EVENT_TIME);
  const symbol = wordAfter(SYMBOL);
  if (symbol === '') return undefined;
  const openTimeUs = timeAfter(OPEN_TIME);
  const closeTimeUs = timeAfter(CLOSE_TIME);
  if (!(skip(SYMBOL) && skipWord(symbol))) return undefined;
  const firstTradeId = integerAfter(FIRST_TRADE);
  const lastTradeId = integerAfter(LAST_TRADE);
  const open = decimalAfter(OPEN);
  const close = decimalAfter(CLOSE);
  const high = decimalAfter(HIGH);
  const low = decimalAfter(LOW);
  const volume = decimalAfter(VOLUME);
  const tradeCount = integerAfter(TRADE_COUNT);
  const quoteVolume = decimalAfter(QUOTE_VOLUME);
  const takerBuyVolume = decimalAfter(TAKER_VOLUME);
  const takerBuyQuoteVolume = decimalAfter(TAKER_QUOTE_VOLUME);
  const ignored = decimalAfter(IGNORED);
  if (!skip(END) || !isAtEnd()) return undefined;
  // A sum with what is no number is none. Without a trade the ids mean nothing.
  const sum = open + high + low + close + volume + quoteVolume + takerBuyVolume + takerBuyQuoteVolume;
  if (Number.isNaN(sum + ignored + eventTimeUs) || tradeCount < 1) return undefined;
  if (firstTradeId < 0 || firstTradeId > lastTradeId) return undefined;
  if (openTimeUs % MINUTE_US !== 0 || closeTimeUs - openTimeUs !== MINUTE_US - 1000) return undefined;
  if (!isPlausible(openTimeUs, receivedAtUs, eventTimeUs)) return undefined;
  return {
    market,
    symbol,
    openTimeUs,
    open,
    high,
    low,
    close,
    volume,
    quoteVolume,
    tradeCount,
    takerBuyVolume,
    takerBuyQuoteVolume,
    firstTradeId,
    lastTradeId,
    eventTimeUs,
  };
}
