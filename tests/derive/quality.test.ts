import { describe, expect, it } from 'vitest';
import { QUALITY_CHECKS } from '../../src/derive/quality/find.ts';
import { MINUTE_US } from '../../src/lake/timeframe.ts';
import { storeBars, storeListening, T0_US, type TestBar, walk } from '../support/bars.ts';
import { temporaryFolder } from '../support/program.ts';
import { look, sound, storeTickers } from '../support/quality.ts';

const AT = 30;
const time = (minute: number) => new Date((T0_US + minute * MINUTE_US) / 1000).toISOString();

describe('the checks of quality', () => {
  it('find nothing in sound bars', async () => {
    const lake = await temporaryFolder();
    await storeBars(lake, sound());
    expect(await look(lake)).toEqual([]);
  });

  it.each<[string, (bar: TestBar) => Record<string, unknown>]>([
    ['ohlc_order', (bar) => ({ low: bar.close * 1.0001, close: bar.close, quote_volume: null })],
    ['taker_volume', (bar) => ({ taker_buy_volume: bar.volume * 2 })],
    ['average_price', (bar) => ({ quote_volume: bar.volume * bar.high * 1.01 })],
    ['trade_count', (bar) => ({ trade_count: bar.trade_count + 1 })],
    ['volume_without_trades', () => ({ trade_count: 0, first_trade_id: null, last_trade_id: null })],
    ['clock', (bar) => ({ known_at: bar.open_time })],
  ])('find %s in the bar that has it', async (check, fault) => {
    const lake = await temporaryFolder();
    await storeBars(
      lake,
      sound().map((bar, minute) => (minute === AT ? { ...bar, ...fault(bar) } : bar)) as TestBar[],
    );
    expect(await look(lake)).toContain(`${check} ${time(AT)}`);
  });

  it('find a jump, a price that is stuck, ids that jump and a symbol that rests', async () => {
    const lake = await temporaryFolder();
    const bars = sound().map((bar, minute) => {
      if (minute === 20)
        return { ...bar, close: bar.close * 2, high: bar.close * 2, quote_volume: bar.volume * bar.close };
      if (minute < AT || minute >= AT + 15) return bar;
      return { ...bar, open: 50, high: 50, low: 50, close: 50, quote_volume: bar.volume * 50 };
    });
    const withGap = bars.filter((_, minute) => minute < 46 || minute >= 58);
    const jumping = withGap.map((bar, row) =>
      row === 10 ? { ...bar, first_trade_id: Number(bar.first_trade_id) + 1 } : bar,
    );
    await storeBars(lake, jumping as TestBar[]);
    const found = await look(lake);
    for (const finding of [
      `jump ${time(20)}`,
      `stuck_price ${time(AT + 9)}`,
      `continuity ${time(10)}`,
      `stale_symbol ${time(58)}`,
    ])
      expect(found).toContain(finding);
  });

  it('find a symbol that falls silent for good while its market goes on, or somebody listens', async () => {
    const [lake, alone] = [await temporaryFolder(), await temporaryFolder()];
    const nowMs = (T0_US + 60 * MINUTE_US) / 1000;
    const silent = sound().slice(0, 20) as TestBar[];
    await storeBars(lake, [...silent, ...sound().map((bar) => ({ ...bar, symbol: 'ETHUSDT' }))] as TestBar[]);
    expect(await look(lake, nowMs)).toEqual([`stale_symbol ${time(19)}`]);
    expect(await look(lake, nowMs + 60_000)).toEqual([`stale_symbol ${time(19)}`]);
    await storeBars(alone, silent);
    // Nobody may have been there.
    expect(await look(alone, nowMs)).toEqual([]);
    await storeListening(alone, [{ source: 'bars', fromUs: T0_US, untilUs: T0_US + 29 * MINUTE_US }]);
    expect(await look(alone, nowMs)).toEqual([]);
    await storeListening(alone, [{ source: 'bars', fromUs: T0_US, untilUs: T0_US + 35 * MINUTE_US }]);
    expect(await look(alone, nowMs)).toEqual([`stale_symbol ${time(19)}`]);
  });

  it('find a key with two values, and spot beside futures that are far apart', async () => {
    const lake = await temporaryFolder();
    const bars = sound();
    await storeBars(lake, [...bars, { ...(bars[AT] as TestBar), volume: 77 }] as TestBar[]);
    await storeBars(
      lake,
      bars.slice(AT, AT + 1).map((bar) => ({ ...bar, close: bar.close * 2, market: 'usdm' })) as TestBar[],
    );
    const found = await look(lake);
    expect(found).toContain(`duplicate_key ${time(AT)}`);
    expect(found).toContain(`spot_futures ${time(AT)}`);
  });

  it('find a ticker that is old or out of its range', async () => {
    const lake = await temporaryFolder();
    await storeTickers(lake, {
      SOUND: {},
      OLD: { close_time: T0_US - 3600e6 },
      OUT: { last_price: 7 },
    });
    expect(await look(lake)).toEqual([`stale_ticker ${time(0)}`, `ticker_range ${time(0)}`]);
  });

  it('store a finding once, whoever looks again', async () => {
    const lake = await temporaryFolder();
    await storeBars(
      lake,
      sound().map((bar, minute) => (minute === AT ? { ...bar, taker_buy_volume: 1e6 } : bar)) as TestBar[],
    );
    expect(await look(lake)).toHaveLength(1);
    await storeBars(lake, walk(1, { fromUs: T0_US + 60 * MINUTE_US }));
    expect((await look(lake)).filter((finding) => finding.startsWith('taker_volume'))).toHaveLength(1);
  });

  it('have names of their own', () => {
    const names = QUALITY_CHECKS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
