import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSum } from '../../src/derive/bars/exact-sum.ts';
import { formingBar } from '../../src/derive/bars/forming-bar.ts';
import { rollUp } from '../../src/derive/bars/roll-up.ts';
import { DAY_US, MINUTE_US } from '../../src/lake/timeframe.ts';
import { seriesOf, T0_US, walk } from '../support/bars.ts';

/** The sum of the shortest decimals, in units of 10^-400. */
function decimalSum(values: readonly number[]): number {
  const units = values.map((value) => {
    const [mantissa = '', exponent = '0'] = String(value).split('e');
    const [whole = '', fraction = ''] = mantissa.split('.');
    return BigInt(whole + fraction) * 10n ** BigInt(400 - fraction.length + Number(exponent));
  });
  return Number(`${units.reduce((sum, unit) => sum + unit, 0n)}e-400`);
}

function exactSum(values: readonly number[]): number {
  const sum = new ExactSum();
  for (const value of values) sum.add(value);
  return sum.value;
}

describe('a sum', () => {
  const cents = fc.integer({ min: 0, max: 10 ** 12 }).map((units) => units / 100);
  const anything = fc.double({ min: -1e15, max: 1e15, noNaN: true });
  const part = fc.oneof(cents, anything, fc.constantFrom(0.1, 0.2, 1e-8, 123456789.12345678, 1e-12, 5e-324));

  it('is that of the decimals, rounded once, whatever their order', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 50 }), (values) => {
        expect(exactSum(values)).toBe(decimalSum(values));
        expect(exactSum([...values].reverse())).toBe(exactSum(values));
      }),
    );
    expect(exactSum([0.1, 0.2])).toBe(0.3);
  });

  it('of sums is the same sum', () => {
    fc.assert(
      fc.property(fc.array(part), fc.array(part), (a, b) => {
        const [first, second] = [new ExactSum(), new ExactSum()];
        for (const value of a) first.add(value);
        for (const value of b) second.add(value);
        first.addSum(second);
        expect(first.value).toBe(exactSum([...a, ...b]));
      }),
    );
  });

  it('with a part that is not known is not known', () => {
    expect(exactSum([1, Number.NaN, 2])).toBeNaN();
  });
});

describe('rolling up', () => {
  const later = T0_US + 40 * DAY_US;

  it('makes whole buckets, with the sums of their minutes', () => {
    const bars = walk(1440);
    const rolled = rollUp(seriesOf(bars), later);
    expect([...rolled].map(([timeframe, { bars: made }]) => [timeframe, made.length])).toEqual([
      ['5m', 288],
      ['15m', 96],
      ['1h', 24],
      ['4h', 6],
      ['1d', 1],
    ]);
    const day = rolled.get('1d')?.bars.columns;
    expect(day?.open[0]).toBe(bars[0]?.open);
    expect(day?.close[0]).toBe(bars.at(-1)?.close);
    expect(day?.high[0]).toBe(Math.max(...bars.map(({ high }) => high)));
    expect(day?.low[0]).toBe(Math.min(...bars.map(({ low }) => low)));
    expect(day?.volume[0]).toBe(decimalSum(bars.map(({ volume }) => volume)));
    expect(day?.quote_volume[0]).toBe(decimalSum(bars.map((bar) => bar.quote_volume)));
    expect(day?.trade_count[0]).toBe(bars.reduce((sum, { trade_count }) => sum + trade_count, 0));
    expect(day?.known_at[0]).toBe(bars.at(-1)?.known_at);
  });

  it('waits a day for missing minutes, and then says `partial`; a bucket without any minute does not come', () => {
    const bars = walk(60).filter((_, index) => index !== 7 && !(index >= 20 && index < 25));
    const endUs = T0_US + 10 * MINUTE_US;
    const early = rollUp(seriesOf(bars), endUs + DAY_US - 1).get('5m');
    const late = rollUp(seriesOf(bars), endUs + DAY_US).get('5m');
    const times = (made: typeof early) =>
      [...(made?.bars.columns.open_time.subarray(0, made.bars.length) ?? [])].map(
        (time) => (time - T0_US) / MINUTE_US,
      );
    expect(times(early)).toEqual([0, 10, 15, 25, 30, 35, 40, 45, 50, 55]);
    expect(times(late)).toEqual([0, 5, 10, 15, 25, 30, 35, 40, 45, 50, 55]);
    expect(late?.minutes[1]).toBe(4);
    expect(late?.bars.completeness[1]).toBe(3);
  });

  it.each([
    [['proven', 'proven', 'quiet'], 'proven'],
    [['proven', 'counted', 'quiet'], 'counted'],
    [['quiet', 'quiet', 'quiet'], 'quiet'],
    [['counted', 'partial', 'quiet'], 'partial'],
  ])('of minutes that are %o is %s', (minutes, expected) => {
    const bars = walk(5).map((bar, index) => ({ ...bar, completeness: minutes[index % 3] as string }));
    const code = rollUp(seriesOf(bars), later).get('5m')?.bars.completeness[0] as number;
    expect(['proven', 'counted', 'quiet', 'partial'][code]).toBe(expected);
  });

  it('of a bucket that is open is its minutes so far, the one that forms included; a whole one is no longer open', () => {
    const bars = walk(63);
    const bar = formingBar(seriesOf(bars), '1h')?.columns;
    const inside = bars.slice(60);
    expect(bar?.open_time[0]).toBe(T0_US + 60 * MINUTE_US);
    expect([bar?.open[0], bar?.close[0]]).toEqual([inside[0]?.open, inside[2]?.close]);
    expect(bar?.high[0]).toBe(Math.max(...inside.map(({ high }) => high)));
    expect(bar?.volume[0]).toBe(decimalSum(inside.map(({ volume }) => volume)));
    expect(formingBar(seriesOf(bars.slice(0, 60)), '1h')).toBeUndefined();
    expect(formingBar(seriesOf([]), '1h')).toBeUndefined();
  });

  it('takes one-minute bars alone', () => {
    expect(() => rollUp(seriesOf(walk(5), '5m'), later)).toThrow(/one-minute bars/);
  });
});
