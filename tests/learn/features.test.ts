import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveLake } from '../../src/derive/derive-lake.ts';
import { TableBatch } from '../../src/ingest/rows/table-batch.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { FEATURE_NAMES, FEATURES_TABLE } from '../../src/lake/tables/features.ts';
import { DAY_US, MINUTE_US } from '../../src/lake/timeframe.ts';
import { LAG_FEATURES } from '../../src/learn/data/features-query.ts';
import { openPinnedSession } from '../../src/learn/data/pinned-session.ts';
import { readBlocks } from '../../src/learn/data/read-blocks.ts';
import { rowQueryOf } from '../../src/learn/data/row-query-of.ts';
import type { Recipe } from '../../src/learn/recipe.ts';
import { trainModel } from '../../src/learn/train-model.ts';
import { openSession } from '../../src/query/session/open-session.ts';
import { correctBars, storeBars, T0_US, type TestBar, walk } from '../support/bars.ts';
import { temporaryFolder } from '../support/program.ts';
import { MEMORY, RECIPE } from '../support/train-prices.ts';

const MINUTES = 1000;
const CUT_US = T0_US + MINUTES * MINUTE_US + 1_000_000;
/** With a hole of three minutes. */
const BARS = walk(MINUTES).filter((_, minute) => minute < 500 || minute >= 503);

function recipeOf(changes: Partial<Recipe> = {}): Recipe {
  return {
    ...RECIPE,
    source: 'features',
    target: 'return',
    features: LAG_FEATURES,
    sinceUs: T0_US,
    cutUs: CUT_US,
    ...changes,
  };
}

async function derive(lake: string): Promise<void> {
  const nowMs = (T0_US + DAY_US) / 1000;
  await deriveLake({ lake, memoryBytes: MEMORY.memoryBytes, nowMs, timeframes: ['1m'] });
}

async function derivedLake(bars: readonly TestBar[] = BARS): Promise<string> {
  const lake = await temporaryFolder();
  await storeBars(lake, bars);
  await derive(lake);
  return lake;
}

/** Rows of `features` as somebody else may write them. */
async function writeFeatures(
  lake: string,
  bars: readonly TestBar[],
  cells: (bar: TestBar, index: number) => Readonly<Record<string, number | string>>,
): Promise<void> {
  const batch = new TableBatch(FEATURES_TABLE);
  for (const [index, bar] of bars.entries()) {
    const { open_time, known_at } = bar;
    batch.add({ timeframe: '1m', period: '2026-08-01' }, {
      venue: 'binance',
      market: 'spot',
      symbol: 'BTCUSDT',
      open_time,
      close_time: open_time + MINUTE_US,
      known_at,
      ...cells(bar, index),
    } as never);
  }
  await appendBatch(await openLakeTable(lake, FEATURES_TABLE), batch, undefined);
}

async function trainOn(lake: string, recipe: Recipe = recipeOf()) {
  return trainModel({ lake, ...MEMORY, recipe, madeAtUs: CUT_US });
}

/** `time label` of each row that training reads. */
async function labelsOf(lake: string, recipe: Recipe): Promise<Map<number, number>> {
  const query = rowQueryOf(recipe);
  const { session } = await openPinnedSession({ lake, ...MEMORY, tables: query.tables });
  const request = { ...recipe, fromUs: recipe.sinceUs, toUs: recipe.cutUs, labelBars: recipe.horizon };
  const labels = new Map<number, number>();
  for await (const { rows, timeUs, price, label } of readBlocks(session.connection, query, request)) {
    for (let row = 0; row < rows; row++)
      if (!Number.isNaN(label[row]))
        labels.set(timeUs[row] ?? 0, Math.log((label[row] ?? 0) / (price[row] ?? 0)));
  }
  await session.close();
  return labels;
}

const wrong = (bar: TestBar, known_at: number): TestBar => ({
  ...bar,
  close: bar.close * 1.5,
  known_at,
  revision: 1,
});

describe('training on derived features', () => {
  it('takes all that have values, names those that have none, and knows which formulas made them', async () => {
    const { model } = await trainOn(await derivedLake(), recipeOf({ features: ['close', ...FEATURE_NAMES] }));
    expect(model.leftOut.missing.filter((name) => name.startsWith('liq_'))).toEqual([
      'liq_long_at_least',
      'liq_short_at_least',
      'liq_imbalance',
      'liq_z_1d',
    ]);
    expect(model.leftOut.constant).toContain('liq_listened_share');
    expect(model.features.length).toBeGreaterThan(40);
    expect(model.coefficients.every(Number.isFinite)).toBe(true);
    expect(model.definition).toMatch(/^[0-9a-f]{16}$/);
    expect(model.dataVersions).toEqual({ bars_1m: 1, features: 1 });
  });

  it('knows the price that "no change" knows', async () => {
    const { model } = await trainOn(await derivedLake(), recipeOf({ target: 'next-price' }));
    expect(model.features[0]).toBe('close');
    expect(model.score.skill).toBeGreaterThan(-0.1);
  });

  it.each([1, 5])(
    'has the labels of the view `labels`, %i bars ahead, over holes and corrections',
    async (horizon) => {
      const lake = await derivedLake();
      await correctBars(lake, [wrong(BARS[300] as TestBar, CUT_US - 1)]);
      const session = await openSession({ lake, memoryBytes: MEMORY.memoryBytes });
      const reader = await session.connection.runAndReadAll(
        `SELECT epoch_us(close_time)::DOUBLE AS us, label_ret_${horizon} AS label FROM labels WHERE label IS NOT NULL AND timeframe = '1m'`,
      );
      await session.close();
      const expected = new Map(reader.getRows().map(([us, label]) => [Number(us), Number(label)]));
      const labels = await labelsOf(lake, recipeOf({ horizon }));
      expect([...labels.keys()]).toEqual([...expected.keys()].sort((a, b) => a - b));
      for (const [us, label] of labels) expect(label).toBeCloseTo(expected.get(us) ?? Number.NaN, 12);
      expect(labels.size).toBe(BARS.length - 2 * horizon);
    },
  );

  it('sees nothing that was known after the cut: new bars, and corrections of bars of any time', async () => {
    const lake = await derivedLake(BARS.slice(0, 700));
    const recipe = recipeOf({ cutUs: T0_US + 700 * MINUTE_US + 1_000_000 });
    const before = await trainOn(lake, recipe);
    const labels = await labelsOf(lake, recipe);
    const times = fc.uniqueArray(fc.integer({ min: 0, max: 699 }), { minLength: 1, maxLength: 20 });
    let fed = 700;
    await fc.assert(
      fc.asyncProperty(times, fc.integer({ min: 1, max: 40 }), async (corrected, count) => {
        await storeBars(
          lake,
          BARS.slice(fed, fed + count).map((bar) => ({
            ...bar,
            known_at: Math.max(bar.known_at, recipe.cutUs),
          })),
        );
        fed += count;
        await correctBars(
          lake,
          corrected.map((place) => wrong(BARS[place] as TestBar, recipe.cutUs + fed)),
        );
        const { model, judged } = await trainOn(lake, recipe);
        expect(model.coefficients).toEqual(before.model.coefficients);
        expect(model.score).toEqual(before.model.score);
        expect(judged.rows).toBe(before.judged.rows);
        expect(await labelsOf(lake, recipe)).toEqual(labels);
      }),
      { numRuns: 5, endOnFailure: true },
    );
    // Features that are made anew say that they were known later: such rows are left out, never seen changed.
    await derive(lake);
    await expect(trainOn(lake, recipe)).rejects.toMatchObject({ code: 'TRAINING_ROWS' });
  }, 60_000);

  it('refuses rows that were made by several versions of the formulas', async () => {
    const lake = await derivedLake();
    await writeFeatures(lake, [BARS[600] as TestBar], () => ({ definition: 'another one' }));
    await expect(trainOn(lake)).rejects.toMatchObject({
      code: 'TRAINING_ROWS',
      message: 'the rows of BTCUSDT at 1m in `features` were made by several versions of the formulas',
    });
  });

  it('refuses a label that somebody wrote into the table under the name of a feature', async () => {
    const lake = await temporaryFolder();
    await storeBars(lake, BARS);
    await writeFeatures(lake, BARS, ({ close }, index) => ({
      price_lag_1: BARS[index - 1]?.close ?? close,
      rsi_14: 50 + 100 * Math.log((BARS[index + 1]?.close ?? close) / close),
    }));
    for (const target of ['return', 'next-price'] as const) {
      const recipe = recipeOf({ features: ['price_lag_1', 'rsi_14'], target });
      await expect(trainOn(lake, recipe)).rejects.toMatchObject({
        code: 'FEATURE_LEAKS',
        message: expect.stringContaining('the feature `rsi_14` tells the future'),
      });
    }
  });
});
