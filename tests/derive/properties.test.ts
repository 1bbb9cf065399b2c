import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RollUp, rollUp } from '../../src/derive/bars/roll-up.ts';
import { deriveOnce } from '../../src/derive/derive-lake.ts';
import { DeriveRun } from '../../src/derive/derive-run.ts';
import { DeriveState } from '../../src/derive/derive-state.ts';
import { FeatureSet } from '../../src/derive/features/feature-set.ts';
import { IndicatorSet } from '../../src/derive/indicators/indicator-set.ts';
import { DAY_US, MINUTE_US } from '../../src/lake/timeframe.ts';
import { seriesOf, storeBars, T0_US, type TestBar, walk } from '../support/bars.ts';
import { compactAll, DERIVE_OPTIONS, DERIVED_TABLES, derive, everything } from '../support/deriving.ts';
import { temporaryFolder } from '../support/program.ts';

const TRAITS = { timeframe: '1m', anchorUs: T0_US, hasQuoteVolume: true } as const;
const NO_LIQUIDATIONS = () => ({ long: 0, short: 0, listenedShare: 0, knownAtUs: 0 });

/** Walks with holes, prices that stand still, minutes without volume and extremes. */
const bars = fc
  .record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    length: fc.integer({ min: 2, max: 400 }),
    marks: fc.array(
      fc.record({
        at: fc.nat(400),
        what: fc.constantFrom<'hole' | 'still' | 'empty' | 'huge' | 'partial'>(
          'hole',
          'still',
          'empty',
          'huge',
          'partial',
        ),
        count: fc.integer({ min: 1, max: 30 }),
      }),
      { maxLength: 5 },
    ),
  })
  .map(({ seed, length, marks }) => {
    const made: (TestBar | undefined)[] = walk(length, { seed });
    for (const { at, what, count } of marks)
      for (let row = at; row < Math.min(length, at + count); row++) {
        const bar = made[row];
        if (bar === undefined) continue;
        made[row] = {
          hole: () => undefined,
          still: () => ({ ...bar, open: 7, high: 7, low: 7, close: 7 }),
          empty: () => ({ ...bar, volume: 0, quote_volume: 0, trade_count: 0, taker_buy_volume: 0 }),
          huge: () => ({ ...bar, high: bar.high * 1e6, close: bar.close * 1e6 }),
          partial: () => ({ ...bar, completeness: 'partial' }),
        }[what]();
      }
    return made.filter((bar) => bar !== undefined);
  })
  .filter((made) => made.length >= 2);

/** Values of all rows, bit for bit. */
function valuesOf(made: readonly TestBar[]): string[] {
  const series = seriesOf(made);
  const indicators = new IndicatorSet(TRAITS);
  const features = new FeatureSet(TRAITS, NO_LIQUIDATIONS);
  return made.map((_, row) => {
    indicators.next(series, row);
    features.next(series, row);
    return bitsOf(indicators.values) + bitsOf(features.values);
  });
}

function bitsOf(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
}

function rolled(byTimeframe: ReturnType<typeof rollUp>): unknown {
  return [...byTimeframe].map(([timeframe, { bars: made, minutes }]) => [
    timeframe,
    minutes,
    Object.values(made.columns).map((column) => bitsOf(column.slice(0, made.length))),
    [...made.completeness.subarray(0, made.length)],
  ]);
}

describe('indicators and features', () => {
  it('are the same bits bar by bar, in one go, and begun anew at any bar', () => {
    fc.assert(
      fc.property(bars, fc.nat(400), (made, cut) => {
        const all = valuesOf(made);
        // One bar a series, as a stream brings them.
        const indicators = new IndicatorSet(TRAITS);
        const features = new FeatureSet(TRAITS, NO_LIQUIDATIONS);
        for (const [row, bar] of made.entries()) {
          const one = seriesOf([bar]);
          indicators.next(one, 0);
          features.next(one, 0);
          expect(bitsOf(indicators.values) + bitsOf(features.values)).toBe(all[row]);
        }
        // After a restart all bars since the anchor are taken again, without looking at their rows.
        const from = cut % made.length;
        const again = new FeatureSet(TRAITS, NO_LIQUIDATIONS);
        const series = seriesOf(made);
        for (let row = 0; row < from; row++) again.skip(series, row);
        again.next(series, from);
        expect(bitsOf(again.values)).toBe(all[from]?.slice(-again.values.length * 16));
      }),
      { numRuns: 60 },
    );
  });

  it('never look ahead: whatever a later bar becomes, the earlier ones keep their bits', () => {
    fc.assert(
      fc.property(bars, fc.nat(400), fc.double({ min: 0.01, max: 1e9, noNaN: true }), (made, at, price) => {
        const from = at % made.length;
        const other = made.map((bar, row) =>
          row < from
            ? bar
            : { ...bar, open: price, high: price * 2, low: price / 2, close: price, volume: price },
        );
        expect(valuesOf(other).slice(0, from)).toEqual(valuesOf(made).slice(0, from));
      }),
      { numRuns: 60 },
    );
  });
});

describe('longer bars', () => {
  it('are the same minute by minute as in one go', () => {
    fc.assert(
      fc.property(bars, fc.boolean(), (made, isLate) => {
        const nowUs = T0_US + (isLate ? 5 * DAY_US : 0);
        const live = new RollUp(nowUs);
        for (const bar of made) live.add(seriesOf([bar]), 0);
        live.end();
        expect(rolled(live.take())).toEqual(rolled(rollUp(seriesOf(made), nowUs)));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a lake', () => {
  it('comes to the same bits whatever the pieces, their order, restarts and compaction in between', async () => {
    const all = [
      ...walk(500, { fromUs: T0_US + 1200 * MINUTE_US }),
      ...walk(200, { seed: 2, symbol: 'ETHUSDT' }),
    ];
    const whole = await temporaryFolder();
    await storeBars(whole, all);
    await derive(whole);
    const expected = await everything(whole);
    const piece = fc.record({
      order: fc.nat(1000),
      size: fc.integer({ min: 1, max: 400 }),
      restarts: fc.boolean(),
      compacts: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 5 }), async (pieces) => {
        const lake = await temporaryFolder();
        let at = 0;
        const parts = pieces.map(({ size, ...rest }, index) => {
          const until = index === pieces.length - 1 ? all.length : Math.min(all.length, at + size);
          const part = { bars: all.slice(at, until), ...rest };
          at = until;
          return part;
        });
        let state = await DeriveState.open(DERIVE_OPTIONS, true);
        try {
          const stored = parts.filter(({ bars }) => bars.length > 0).sort((a, b) => a.order - b.order);
          for (const part of stored) {
            await storeBars(lake, part.bars);
            if (part.restarts) {
              await state.close();
              state = await DeriveState.open(DERIVE_OPTIONS, true);
            }
            await deriveOnce(new DeriveRun({ lake, ...DERIVE_OPTIONS }, state));
            if (part.compacts) await compactAll(lake, ['bars_1m', ...DERIVED_TABLES]);
          }
        } finally {
          await state.close();
        }
        await derive(lake);
        expect(await everything(lake)).toEqual(expected);
        await derive(lake, { sinceUs: 0 });
        expect(await everything(lake)).toEqual(expected);
      }),
      // Each run derives a lake up to seven times.
      { numRuns: 8, interruptAfterTimeLimit: 100_000, markInterruptAsFailure: false },
    );
  }, 240_000);
});
