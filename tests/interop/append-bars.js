/** Appends a random walk of one-minute bars to a lake through the program's own writers: LAKE SYMBOLS DAYS [SKIP_FROM SKIP_UNTIL]. */
import { TableBatch } from '../../dist/ingest/rows/table-batch.js';
import { appendBatch } from '../../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../../dist/lake/open-lake-table.js';
import { BARS_1M_TABLE } from '../../dist/lake/tables/bars-1m.js';

const [lake, symbols, days, skipFrom = '0', skipUntil = '0'] = process.argv.slice(2);
const START_US = Date.parse('2026-08-01T00:00:00Z') * 1000;
const MINUTE_US = 60_000_000;
let state = 1;
const random = () => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
  return state / 0x7fffffff;
};
const round = (value, digits) => Math.round(value * 10 ** digits) / 10 ** digits;

const table = await openLakeTable(lake, BARS_1M_TABLE);
const prices = Array.from({ length: Number(symbols) }, () => 10 + 1000 * random());
for (let day = 0; day < Number(days); day++) {
  const batch = new TableBatch(BARS_1M_TABLE);
  for (const [index, before] of prices.entries()) {
    let open = before;
    for (let minute = day * 1440; minute < (day + 1) * 1440; minute++) {
      const close = round(open * (1 + 0.002 * (random() - 0.5)), 2);
      const volume = round(100 * random(), 4);
      const openTime = START_US + minute * MINUTE_US;
      const bar = {
        venue: 'binance',
        market: 'spot',
        symbol: `S${index}USDT`,
        timeframe: '1m',
        open_time: openTime,
        close_time: openTime + MINUTE_US,
        open,
        high: round(Math.max(open, close) * (1 + 0.0005 * random()), 2),
        low: round(Math.min(open, close) * (1 - 0.0005 * random()), 2),
        close,
        volume,
        quote_volume: round(volume * close, 6),
        trade_count: 1 + Math.floor(200 * random()),
        taker_buy_volume: round(volume / 2, 4),
        taker_buy_quote_volume: round((volume * close) / 2, 6),
        first_trade_id: null,
        last_trade_id: null,
        origin: 'rest',
        completeness: 'counted',
        event_time: null,
        known_at: openTime + MINUTE_US + 20_000,
        connection: 'a',
      };
      open = close;
      if (minute < Number(skipFrom) || minute >= Number(skipUntil)) batch.add(openTime, bar);
    }
    prices[index] = open;
  }
  await appendBatch(table, batch, { appId: 'interop', version: day + 1 });
}
