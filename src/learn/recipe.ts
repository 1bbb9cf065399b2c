/** What a model is made from, completely: two runs of the same recipe on the same table versions give the same bits. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../delta/log/json.ts';
import type { Timeframe } from '../lake/timeframe.ts';
import type { Instrument } from './instrument.ts';

export type Target = 'next-price' | 'return';

export interface Recipe {
  readonly instrument: Instrument;
  readonly timeframe: Timeframe;
  readonly target: Target;
  /** How many bars ahead the target lies. */
  readonly horizon: number;
  /** Rows of `features` beside their bars, or lags of `prices`, where nothing was derived. */
  readonly source: 'features' | 'prices';
  /** Asked for; those that turn out to be useless are left out of the model. */
  readonly features: readonly string[];
  /** Microseconds since the epoch: the first row, and the moment before which everything was known. */
  readonly sinceUs: number;
  readonly cutUs: number;
  readonly ridge: number;
  readonly folds: number;
  readonly seed: number;
}

export function recipeHash(recipe: Recipe): string {
  return createHash('sha256').update(canonicalJson(recipe)).digest('hex');
}

/** The name that versions of a model share. MLflow allows neither `/` nor `:` in it. */
export function modelName({
  instrument,
  timeframe,
  target,
  horizon,
}: Pick<Recipe, 'instrument' | 'timeframe' | 'target' | 'horizon'>): string {
  return `${modelPrefix(instrument)}${timeframe}.${target}.${horizon}`;
}

export function modelPrefix({ market, symbol }: Instrument): string {
  return `${market === 'spot' ? '' : `${market}.`}${symbol}.`;
}
