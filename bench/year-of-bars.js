/** A year of one-minute bars of one symbol with all their features: a price that walks, its lags, and noise with a memory. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createSeededRandom } from '../dist/base/seeded-random.js';
import { TableBatch } from '../dist/ingest/rows/table-batch.js';
import { appendBatch } from '../dist/ingest/write/append-batch.js';
import { openLakeTable } from '../dist/lake/open-lake-table.js';
import { BARS_1M_TABLE } from '../dist/lake/tables/bars-1m.js';
import { FEATURE_NAMES, FEATURES_TABLE } from '../dist/lake/tables/features.js';

const MINUTE_US = 60_000_000;
const DAY_MINUTES = 1440;
/** Files of a table in one commit. */
const COMMIT_DAYS = 30;
const LAGS = /^price_lag_(\d)$/;

/** 525,600 rows. @returns the lake, and the time behind its last bar. */
export async function yearOfBars({ root, smoke }) {
  const days = smoke ? 10 : 365;
  const lake = join(root, 'year-of-bars');
  const startUs = Date.UTC(2025, 10, 1) * 1000;
  const endUs = startUs + days * DAY_MINUTES * MINUTE_US;
  if (!existsSync(lake)) await makeBars(lake, startUs, days);
  return { lake, startUs, endUs };
}

async function makeBars(lake, startUs, days) {
  const tables = await Promise.all(
    [BARS_1M_TABLE, FEATURES_TABLE].map((table) => openLakeTable(lake, table)),
  );
  const random = createSeededRandom(5);
  const closes = new Array(10).fill(60_000);
  const noise = new Map(FEATURE_NAMES.map((name) => [name, 0]));
  for (let day = 0, commit = 1; day < days; day += COMMIT_DAYS, commit++) {
    const batches = [new TableBatch(BARS_1M_TABLE), new TableBatch(FEATURES_TABLE)];
    for (let minute = day * DAY_MINUTES; minute < Math.min(days, day + COMMIT_DAYS) * DAY_MINUTES; minute++) {
      const openUs = startUs + minute * MINUTE_US;
      // Every feature knows a little of the next price.
      const noiseSum = [...noise.values()].reduce((sum, value) => sum + value, 0);
      const before = closes[0];
      const close = Math.round((before + noiseSum * 0.5 + (random.next() - 0.5) * 40) * 100) / 100;
      closes.unshift(close);
      closes.pop();
      addRow(batches[0], openUs, {
        open: before,
        high: Math.max(before, close) + 1,
        low: Math.min(before, close) - 1,
        close,
        volume: 1 + random.below(1000) / 10,
        quote_volume: close * 50,
        trade_count: 1 + random.below(500),
        origin: 'archive',
        completeness: 'counted',
      });
      for (const [name, value] of noise) noise.set(name, 0.9 * value + random.next() - 0.5);
      addRow(batches[1], openUs, featuresOf(noise, closes));
    }
    for (const [index, table] of tables.entries())
      await appendBatch(table, batches[index], { appId: 'bench', version: commit });
  }
}

function featuresOf(noise, closes) {
  const features = Object.fromEntries(noise);
  for (const name of FEATURE_NAMES) {
    const lag = LAGS.exec(name)?.[1];
    if (lag !== undefined) features[name] = closes[Number(lag)];
  }
  features.ma_10 = closes.reduce((sum, close) => sum + close, 0) / closes.length;
  return features;
}

function addRow(batch, openUs, cells) {
  const date = new Date(openUs / 1000).toISOString().slice(0, 10);
  batch.add(batch.table === BARS_1M_TABLE ? openUs : { period: date, timeframe: '1m' }, {
    venue: 'binance',
    market: 'spot',
    symbol: 'BTCUSDT',
    timeframe: '1m',
    open_time: openUs,
    close_time: openUs + MINUTE_US,
    known_at: openUs + MINUTE_US + 1_000_000,
    ...cells,
  });
}
