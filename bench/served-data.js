/** A lake as `serve` has it: closed 1m bars, their indicators, and polled prices of many symbols. The newest day is today's. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createSeededRandom } from '../dist/base/seeded-random.js';
import { TableBatch } from '../dist/ingest/rows/table-batch.js';
import { appendBatch } from '../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../dist/lake/open-lake-table.js';
import { BARS_1M_TABLE } from '../dist/lake/tables/bars-1m.js';
import { INDICATORS_TABLE } from '../dist/lake/tables/indicators.js';
import { PRICES_TABLE } from '../dist/lake/tables/prices.js';

const MINUTE_US = 60e6;
const DAY_MINUTES = 1440;

export const symbolOf = (index) => `SYM${index}USDT`;

/** @returns the lake, and when its last bar begins, in milliseconds. Bars end with the last whole minute. */
export async function servedLake(lake, { symbols, days, withIndicators = true }) {
  const lastMs = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
  if (existsSync(join(lake, BARS_1M_TABLE.name))) return { lake, lastMs };
  console.log(`  making ${days} days of bars of ${symbols} symbols`);
  const minutes = days * DAY_MINUTES;
  const firstUs = lastMs * 1000 - (minutes - 1) * MINUTE_US;
  const tables = {};
  for (const table of [BARS_1M_TABLE, PRICES_TABLE, ...(withIndicators ? [INDICATORS_TABLE] : [])])
    tables[table.name] = await openLakeTable(lake, table);
  const random = createSeededRandom(1);
  const prices = Array.from({ length: symbols }, (_, index) => 10 ** (index % 5));
  const dayOf = (minute) => Math.floor((firstUs + minute * MINUTE_US) / 86_400e6);
  for (let start = 0; start < minutes; ) {
    let end = start + 1;
    while (end < minutes && dayOf(end) === dayOf(start)) end++;
    const bars = new TableBatch(BARS_1M_TABLE);
    const indicators = new TableBatch(INDICATORS_TABLE);
    const polled = new TableBatch(PRICES_TABLE);
    for (let symbol = 0; symbol < symbols; symbol++) {
      for (let minute = start; minute < end; minute++) {
        const openUs = firstUs + minute * MINUTE_US;
        const bar = nextBar(symbol, prices, openUs, random);
        bars.add(openUs, bar);
        if (withIndicators) indicators.add(partitionOf(openUs), indicatorsOf(bar, random));
        if (minute >= minutes - DAY_MINUTES) polled.add(bar.close_time, priceOf(bar));
      }
    }
    for (const batch of [bars, indicators, polled])
      if (batch.rowCount > 0)
        await appendBatch(tables[batch.table.name], batch, { appId: 'bench', version: end });
    start = end;
  }
  return { lake, lastMs };
}

function nextBar(symbol, prices, open_time, random) {
  const decimals = 6 - (symbol % 5);
  const round = (value) => Math.round(value * 10 ** decimals) / 10 ** decimals;
  const open = prices[symbol];
  const close = round(open * (1 + 0.002 * (random.next() - 0.5)));
  prices[symbol] = close;
  const volume = Math.round(random.next() * 1e7) / 1e4;
  const trade_count = 1 + random.below(900);
  const first_trade_id = Math.floor(open_time / 1e4) + symbol;
  return {
    venue: 'binance',
    market: 'spot',
    symbol: symbolOf(symbol),
    timeframe: '1m',
    open_time,
    close_time: open_time + MINUTE_US,
    open,
    high: round(Math.max(open, close) * 1.0004),
    low: round(Math.min(open, close) * 0.9996),
    close,
    volume,
    quote_volume: Math.round(volume * close * 1e4) / 1e4,
    trade_count,
    taker_buy_volume: Math.round(volume * 0.4e4) / 1e4,
    taker_buy_quote_volume: Math.round(volume * close * 0.4e4) / 1e4,
    first_trade_id,
    last_trade_id: first_trade_id + trade_count - 1,
    origin: 'stream',
    completeness: 'proven',
    event_time: open_time + MINUTE_US + 1000 * random.below(90),
    known_at: open_time + MINUTE_US + 90_000 + random.below(50_000),
    connection: random.next() < 0.5 ? 'ws-1' : 'ws-2',
  };
}

const NO_VALUES = new Set([
  ...Object.keys(INDICATORS_TABLE.columns).slice(0, 5),
  'holes_in_window',
  'known_at',
  'inputs_version',
  'timeframe',
  'period',
]);
const VALUES = Object.keys(INDICATORS_TABLE.columns).filter((name) => !NO_VALUES.has(name));

/** As long as real ones: an average has as many digits as a double can have. */
function indicatorsOf({ venue, market, symbol, open_time, close_time, close, known_at }, random) {
  const row = {
    venue,
    market,
    symbol,
    open_time,
    close_time,
    holes_in_window: 0,
    known_at,
    inputs_version: 912,
  };
  for (const name of VALUES) row[name] = close * (0.98 + 0.04 * random.next());
  return row;
}

function priceOf({ venue, market, symbol, close_time, close, volume, quote_volume, trade_count }) {
  const row = Object.fromEntries(Object.keys(PRICES_TABLE.columns).map((name) => [name, null]));
  delete row.date;
  return {
    ...row,
    venue,
    market,
    symbol,
    collected_at: close_time,
    last_price: close,
    volume,
    quote_volume,
    trade_count,
    received_at: close_time + 250_000,
  };
}

function partitionOf(us) {
  return { timeframe: '1m', period: new Date(us / 1000).toISOString().slice(0, 10) };
}
