import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as talib from 'talib-web';
import { beforeAll, describe, expect, it } from 'vitest';
import { INDICATOR_NAMES, IndicatorSet } from '../../src/derive/indicators/indicator-set.ts';
import { seriesOf, T0_US, type TestBar, walk } from '../support/bars.ts';

const RECORDED = resolve('../shared/fixtures/exchange/rest');

beforeAll(async () => {
  const folder = dirname(createRequire(import.meta.url).resolve('talib-web'));
  const wasm = readFileSync(join(folder, 'talib.wasm')).toString('base64');
  await talib.init(`data:application/wasm;base64,${wasm}`);
});

/** By name: a value a bar, null where there is none. */
function ours(bars: readonly TestBar[]): Record<string, (number | null)[]> {
  const set = new IndicatorSet({ timeframe: '1m', anchorUs: T0_US, hasQuoteVolume: true });
  const series = seriesOf(bars);
  const values = Object.fromEntries(INDICATOR_NAMES.map((name) => [name, [] as (number | null)[]]));
  for (let row = 0; row < series.length; row++) {
    set.next(series, row);
    for (const [at, name] of INDICATOR_NAMES.entries()) {
      const value = set.values[at] as number;
      values[name]?.push(Number.isNaN(value) ? null : value);
    }
  }
  return values;
}

/** The values stand at the beginning of an output, whatever bar they belong to. */
function values(output: readonly number[], first: number, bars: number): number[] {
  return output.slice(0, bars - first);
}

function bollinger(close: readonly number[]): { mean: number; deviation: number }[] {
  return close.slice(19).map((_, index) => {
    const window = close.slice(index, index + 20);
    const mean = window.reduce((sum, value) => sum + value, 0) / 20;
    const variance = window.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 20;
    return { mean, deviation: Math.sqrt(variance) };
  });
}

/** TA-Lib's look back: the bar of the first value. */
const FIRST: Readonly<Record<string, number>> = {
  sma_20: 19,
  sma_50: 49,
  sma_200: 199,
  ema_12: 11,
  ema_26: 25,
  rsi_14: 14,
  macd: 33,
  macd_signal: 33,
  macd_histogram: 33,
  bb_upper: 19,
  bb_middle: 19,
  bb_lower: 19,
  atr_14: 14,
  stoch_k: 17,
  stoch_d: 17,
  adx_14: 27,
  plus_di_14: 14,
  minus_di_14: 14,
  cci_20: 19,
  williams_r_14: 13,
  mfi_14: 14,
};

function theirs(bars: readonly TestBar[]): Record<string, (number | null)[]> {
  const column = (name: 'high' | 'low' | 'close' | 'volume') => bars.map((bar) => bar[name]);
  const [high, low, close, volume] = [column('high'), column('low'), column('close'), column('volume')];
  const inReal = close;
  const macd = talib.MACD({ inReal, fastPeriod: 12, slowPeriod: 26, signalPeriod: 9 });
  // Its BBANDS writes over its own result; Python's is compared with ours in the interoperability suite.
  const bands = bollinger(close);
  // So does its STOCH; %K is what %R lacks to 100.
  const fast = values(talib.WILLR({ high, low, close, timePeriod: 14 }).output, 13, bars.length);
  const slow = values(talib.SMA({ inReal: fast.map((r) => r + 100), timePeriod: 3 }).output, 15, bars.length);
  const all: Record<string, readonly number[] | undefined> = {
    sma_20: talib.SMA({ inReal, timePeriod: 20 }).output,
    sma_50: talib.SMA({ inReal, timePeriod: 50 }).output,
    sma_200: talib.SMA({ inReal, timePeriod: 200 }).output,
    ema_12: talib.EMA({ inReal, timePeriod: 12 }).output,
    ema_26: talib.EMA({ inReal, timePeriod: 26 }).output,
    rsi_14: talib.RSI({ inReal, timePeriod: 14 }).output,
    macd: macd.MACD,
    macd_signal: macd.MACDSignal,
    macd_histogram: macd.MACDHist,
    bb_upper: bands.map(({ mean, deviation }) => mean + 2 * deviation),
    bb_middle: bands.map(({ mean }) => mean),
    bb_lower: bands.map(({ mean, deviation }) => mean - 2 * deviation),
    atr_14: talib.ATR({ high, low, close, timePeriod: 14 }).output,
    stoch_k: slow.slice(2),
    stoch_d: talib.SMA({ inReal: slow, timePeriod: 3 }).output,
    adx_14: talib.ADX({ high, low, close, timePeriod: 14 }).output,
    plus_di_14: talib.PLUS_DI({ high, low, close, timePeriod: 14 }).output,
    minus_di_14: talib.MINUS_DI({ high, low, close, timePeriod: 14 }).output,
    cci_20: talib.CCI({ high, low, close, timePeriod: 20 }).output,
    williams_r_14: talib.WILLR({ high, low, close, timePeriod: 14 }).output,
    mfi_14: talib.MFI({ high, low, close, volume, timePeriod: 14 }).output,
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, output = []]) => {
      const first = FIRST[name] ?? 0;
      return [name, [...Array(first).fill(null), ...values(output, first, bars.length)]];
    }),
  );
}

/** Of the value, or of its scale where it crosses zero. */
const SCALE: Readonly<Record<string, number>> = { macd: 100, macd_signal: 100, macd_histogram: 100 };

/** TA-Lib of old takes typical prices that differ by rounding alone for different ones. */
function hasTie(bars: readonly TestBar[], row: number): boolean {
  const typical = bars
    .slice(Math.max(0, row - 14), row + 1)
    .map((bar) => (bar.high + bar.low + bar.close) / 3);
  return typical.some((price, index) => {
    const change = Math.abs(price - (typical[index - 1] ?? 0));
    return change > 0 && change < 1e-12 * price;
  });
}

function expectSame(bars: readonly TestBar[], names?: readonly string[]): void {
  const [mine, oracle] = [ours(bars), theirs(bars)];
  for (const name of names ?? Object.keys(oracle)) {
    const values = mine[name] ?? [];
    const expected = oracle[name] ?? [];
    expect(
      values.findIndex((value) => value !== null),
      `first ${name}`,
    ).toBe(expected.findIndex((value) => value !== null));
    for (const [row, value] of expected.entries()) {
      if (value === null || (name === 'mfi_14' && hasTie(bars, row))) continue;
      const scale = Math.max(Math.abs(value), SCALE[name] ?? 1);
      expect(Math.abs((values[row] ?? Number.NaN) - value) / scale, `${name} at ${row}`).toBeLessThan(1e-12);
    }
  }
}

describe('the indicators', () => {
  it.each([1, 2, 3])('are those of TA-Lib, from the same bar on, on random bars (seed %i)', (seed) => {
    expectSame(walk(600, { seed }));
  });

  it.skipIf(!existsSync(RECORDED)).each(['5m', '15m', '1h', '1d'])(
    'are those of TA-Lib on recorded bars of %s (skipped where the recordings are missing)',
    (timeframe) => {
      const file = join(RECORDED, `spot_klines_BTCUSDT_${timeframe}_500.json.gz`);
      const klines = JSON.parse(gunzipSync(readFileSync(file)).toString()) as (string | number)[][];
      const bars = klines.map((kline, index) => {
        const [, open, high, low, close, volume, , quote_volume] = kline.map(Number) as [
          ...Array<number>,
        ] as number[];
        return {
          ...(walk(1)[0] as TestBar),
          open_time: T0_US + index * 60e6,
          open: open as number,
          high: high as number,
          low: low as number,
          close: close as number,
          volume: volume as number,
          quote_volume: quote_volume as number,
        };
      });
      expectSame(bars);
    },
  );

  it('are zeros, not rounding, while the price stands still', () => {
    const still = walk(300).map((bar) => ({
      ...bar,
      open: 67822.9,
      high: 67822.9,
      low: 67822.9,
      close: 67822.9,
    }));
    const values = ours(still);
    for (const name of ['rsi_14', 'atr_14', 'stoch_k', 'stoch_d', 'adx_14', 'plus_di_14', 'minus_di_14'])
      expect(values[name]?.at(-1), name).toBe(0);
    for (const name of ['cci_20', 'williams_r_14', 'mfi_14', 'signed_volume'])
      expect(values[name]?.at(-1), name).toBe(0);
    expect(values.bb_upper?.at(-1)).toBe(values.bb_lower?.at(-1));
  });

  it('hold where nothing is traded: no price of the day, no money flow', () => {
    const values = ours(walk(100).map((bar) => ({ ...bar, volume: 0, quote_volume: 0 })));
    expect(values.vwap_day?.every((value) => value === null)).toBe(true);
    expect(values.mfi_14?.slice(14).every((value) => value === 0)).toBe(true);
    expectSame(
      walk(300, { seed: 5 }).map((bar, index) => ({ ...bar, volume: index % 3 === 0 ? bar.volume : 0 })),
    );
  });

  it.each([2 ** -40, 2 ** 40])('do not depend on the scale of prices (%d)', (factor) => {
    const bars = walk(400, { seed: 7 }).map((bar) => ({
      ...bar,
      open: bar.open * factor,
      high: bar.high * factor,
      low: bar.low * factor,
      close: bar.close * factor,
    }));
    const scaleFree = ['rsi_14', 'adx_14', 'stoch_k', 'williams_r_14', 'cci_20'];
    const plain = ours(walk(400, { seed: 7 }));
    const scaled = ours(bars);
    for (const name of scaleFree)
      for (const [row, value] of (plain[name] ?? []).entries())
        if (value !== null) expect(scaled[name]?.[row], `${name} at ${row}`).toBe(value);
  });

  it('count the bars that are missing among the last 200, from the anchor on', () => {
    const bars = walk(400).filter((_, index) => index < 50 || index >= 60);
    const holes = ours(bars).holes_in_window ?? [];
    expect(holes.slice(0, 50)).toEqual(Array(50).fill(0));
    expect(holes[50]).toBe(10);
    expect(holes.at(-1)).toBe(0);
  });

  it('begin the price of the day at midnight, and the signed volume with the second bar', () => {
    const bars = walk(1500);
    const values = ours(bars);
    const midnight = bars[1440] as TestBar;
    expect(values.vwap_day?.[1440]).toBe(midnight.quote_volume / midnight.volume);
    expect(values.signed_volume?.[0]).toBeNull();
    expect(Math.abs(values.signed_volume?.[1] ?? 0)).toBe((bars[1] as TestBar).volume);
  });
});
