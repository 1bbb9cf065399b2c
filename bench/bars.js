/** One-minute bars to measure on, the same at every run: a random walk on ticks, a file a day sorted by symbol, as compaction leaves it. */
import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSeededRandom } from '../dist/base/seeded-random.js';
import { TableBatch } from '../dist/ingest/rows/table-batch.js';
import { appendBatch } from '../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../dist/lake/open-lake-table.js';
import { BARS_1M_TABLE } from '../dist/lake/tables/bars-1m.js';
import { SYMBOLS_TABLE } from '../dist/lake/tables/symbols.js';

export const MINUTE_US = 60e6;
export const DAY_US = 1440 * MINUTE_US;
/** Two months that begin with one, so that peer and program cut the same periods. */
export const BARS_FROM_US = Date.UTC(2026, 6, 1) * 1000;

/** @returns a walk that gives each symbol's next bar, by its index. */
export function barWalk(symbols) {
  const random = createSeededRandom(5);
  const prices = Array.from({ length: symbols }, (_, index) => 10 ** (index % 4) * (1 + random.next()));
  const tradeIds = Array.from({ length: symbols }, () => 1e6);
  return (index, openTime, cells) => {
    const open = prices[index];
    const digits = 5 - (index % 4);
    const close = round(open * (1 + 0.002 * (random.next() - 0.5)), digits);
    prices[index] = close;
    const volume = round(1 + 100 * random.next(), 4);
    const trades = 1 + random.below(200);
    const first = tradeIds[index];
    tradeIds[index] = first + trades;
    const takerShare = random.next();
    cells.venue.push('binance');
    cells.market.push('spot');
    cells.symbol.push(symbolName(index));
    cells.timeframe.push('1m');
    cells.open_time.push(openTime);
    cells.close_time.push(openTime + MINUTE_US);
    cells.open.push(open);
    cells.high.push(round(Math.max(open, close) * (1 + 0.0005 * random.next()), digits));
    cells.low.push(round(Math.min(open, close) * (1 - 0.0005 * random.next()), digits));
    cells.close.push(close);
    cells.volume.push(volume);
    cells.quote_volume.push(round(volume * close, 6));
    cells.trade_count.push(trades);
    cells.taker_buy_volume.push(round(volume * takerShare, 4));
    cells.taker_buy_quote_volume.push(round(volume * takerShare * close, 6));
    cells.first_trade_id.push(first);
    cells.last_trade_id.push(first + trades - 1);
    cells.origin.push('stream');
    cells.completeness.push('proven');
    cells.event_time.push(openTime + MINUTE_US);
    cells.known_at.push(openTime + MINUTE_US + 20_000 + random.below(50_000));
    cells.connection.push('a');
  };
}

/** A number at its end, so that the names sort as the numbers do. */
export function symbolName(index) {
  return `SYM${String(index).padStart(3, '0')}USDT`;
}

/** @returns a lake with days of bars of some symbols, made when no job has asked for it yet. */
export async function barLake(root, { symbols, days, fromUs = BARS_FROM_US }) {
  const lake = join(root, `bars-${symbols}-${days}`);
  if (existsSync(lake)) return lake;
  console.log(`  making ${(symbols * days * 1440).toLocaleString('en')} bars`);
  const table = await openLakeTable(lake, BARS_1M_TABLE);
  const next = barWalk(symbols);
  for (let day = 0; day < days; day++) {
    const batch = new TableBatch(BARS_1M_TABLE);
    for (let index = 0; index < symbols; index++) {
      for (let minute = 0; minute < 1440; minute++) {
        const openTime = fromUs + day * DAY_US + minute * MINUTE_US;
        next(index, openTime, batch.begin(openTime));
      }
    }
    await appendBatch(table, batch, { appId: 'bench', version: day + 1 });
  }
  return lake;
}

/** Watches the symbols of a lake. @param featured how many of them are featured, too; 0: one that has no bars is. */
export async function watch(lake, symbols, featured) {
  const batch = new TableBatch(SYMBOLS_TABLE);
  for (let index = 0; index <= symbols; index++) {
    const isFeatured = index < featured || (featured === 0 && index === symbols);
    const nothing = Object.fromEntries(Object.keys(SYMBOLS_TABLE.columns).map((name) => [name, null]));
    const key = { venue: 'binance', market: 'spot', symbol: symbolName(index) };
    const row = {
      ...nothing,
      ...key,
      is_watched: 1,
      is_featured: isFeatured ? 1 : 0,
      known_at: Date.now() * 1000,
    };
    batch.add({}, row);
  }
  await appendBatch(await openLakeTable(lake, SYMBOLS_TABLE), batch, undefined);
}

/** Another lake with the same tables: data files are linked, since no one changes them in place; the logs are copied. */
export function cloneTables(lake, target, tables) {
  for (const table of tables) {
    const [from, to] = [join(lake, table), join(target, table)];
    for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
      const folder = entry.parentPath ?? entry.path;
      const place = join(to, folder.slice(from.length));
      mkdirSync(place, { recursive: true });
      if (entry.isFile() && !folder.includes('_delta_log'))
        linkSync(join(folder, entry.name), join(place, entry.name));
    }
    cpSync(join(from, '_delta_log'), join(to, '_delta_log'), { recursive: true });
  }
  return target;
}

/** Measures what works on a clone, which is gone afterwards. */
export async function measureOnClone(lake, copy, tables, run) {
  cloneTables(lake, copy, tables);
  const { seconds, peakMiB } = await run(copy);
  rmSync(copy, { recursive: true });
  return { s: seconds, 'peak MiB': peakMiB };
}

function round(value, digits) {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
