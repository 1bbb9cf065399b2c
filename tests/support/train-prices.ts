/** A recipe over the prices of `price-lake`, and a training of it. */
import { PRICE_LAGS } from '../../src/learn/data/prices-query.ts';
import type { Recipe } from '../../src/learn/recipe.ts';
import { LakeRegistry } from '../../src/learn/registry/lake-registry.ts';
import type { ModelRegistry } from '../../src/learn/registry/model-registry.ts';
import { type Promotion, runTraining } from '../../src/learn/run-training.ts';
import { appendPrices, MINUTE_US, START_US, walk } from './price-lake.ts';
import { temporaryFolder } from './program.ts';

export const MEMORY = { memoryBytes: 256 * 2 ** 20, signal: new AbortController().signal };
export const MINUTES = 400;
export const NOW_US = START_US + MINUTES * MINUTE_US;

export const RECIPE: Recipe = {
  instrument: { market: 'spot', symbol: 'BTCUSDT' },
  timeframe: '1m',
  target: 'next-price',
  horizon: 1,
  source: 'prices',
  features: PRICE_LAGS,
  sinceUs: START_US,
  cutUs: NOW_US,
  ridge: 0,
  folds: 5,
  seed: 1,
};

export async function priceLake(prices: readonly (number | null)[] = walk(MINUTES)): Promise<string> {
  const lake = await temporaryFolder();
  await appendPrices(lake, prices);
  return lake;
}

export function train(
  lake: string,
  recipe: Partial<Recipe> = {},
  {
    promotion = 'better' as Promotion,
    registry = new LakeRegistry({ lake, ...MEMORY }) as ModelRegistry,
  } = {},
) {
  return runTraining({
    lake,
    ...MEMORY,
    registry,
    recipe: { ...RECIPE, ...recipe },
    promotion,
    nowUs: NOW_US,
  });
}
