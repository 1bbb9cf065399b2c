/** Bars and tickers with something wrong in them, and what the checks of quality find. */
import { deriveQuality } from '../../src/derive/derive-quality.ts';
import { DeriveRun } from '../../src/derive/derive-run.ts';
import { DeriveState } from '../../src/derive/derive-state.ts';
import { BarSource } from '../../src/derive/input/bar-source.ts';
import type { Thresholds } from '../../src/derive/quality/quality-check.ts';
import { TableBatch } from '../../src/ingest/rows/table-batch.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { PRICES_TABLE } from '../../src/lake/tables/prices.ts';
import { T0_US, type TestBar, tableRows, walk } from './bars.ts';
import { DERIVE_OPTIONS } from './deriving.ts';

export const THRESHOLDS = {
  qualityJump: 10,
  qualityStuck: 10 * 60_000,
  qualityStale: 10 * 60_000,
  qualityDivergence: 5,
  qualityClock: 1000,
};

export async function look(
  lake: string,
  nowMs = T0_US / 1000,
  thresholds: Thresholds = THRESHOLDS,
): Promise<string[]> {
  const options = { lake, ...DERIVE_OPTIONS, nowMs };
  const state = await DeriveState.open(options, false);
  try {
    const run = new DeriveRun(options, state);
    const bars1m = await run.input('bars_1m');
    const source = new BarSource(
      state.session,
      { bars1m, corrections: undefined, rollup: undefined },
      run.symbols,
    );
    await deriveQuality(run, { bars1m, prices: await run.input('prices') }, source, thresholds);
  } finally {
    await state.close();
  }
  const rows = await tableRows(lake, 'quality', 'SELECT "check", key FROM t ORDER BY "check", key');
  return rows.map(({ check, key }) => `${check} ${String(key).slice(-24)}`);
}

/** Sixty sound bars: trade ids go on, each minute moves. */
export function sound(): (TestBar & Record<string, unknown>)[] {
  let id = 1000;
  return walk(60, { seed: 3 }).map((bar) => {
    const trade_count = bar.trade_count + 1;
    const first_trade_id = id;
    id += trade_count;
    return {
      ...bar,
      volume: bar.volume + 1,
      quote_volume: (bar.volume + 1) * bar.close,
      trade_count,
      first_trade_id,
      last_trade_id: id - 1,
    };
  });
}

export async function storeTickers(
  lake: string,
  faults: Record<string, Record<string, number>>,
): Promise<void> {
  const batch = new TableBatch(PRICES_TABLE);
  const nothing = Object.fromEntries(Object.keys(PRICES_TABLE.columns).map((name) => [name, null]));
  const price = {
    venue: 'binance',
    market: 'spot',
    collected_at: T0_US,
    close_time: T0_US,
    last_price: 5,
    low_price: 4,
    high_price: 6,
  };
  for (const [symbol, fault] of Object.entries(faults))
    batch.add(T0_US, { ...nothing, ...price, symbol, ...fault } as never);
  await appendBatch(await openLakeTable(lake, PRICES_TABLE), batch, { appId: 'test', version: 1 });
}
