import { LakeError } from '../base/errors.ts';
import type { Recipe } from './recipe.ts';

/** @param complete rows that have all features and a label. */
export function tooFewRows(recipe: Recipe, complete: number, least: number): LakeError {
  const { instrument, timeframe, source } = recipe;
  const from = source === 'features' ? '`features`' : '`prices`';
  return new LakeError(
    'TRAINING_ROWS',
    `${complete} complete rows of ${instrument.symbol} at ${timeframe} are in ${from}; ${least} are needed for ${recipe.features.length} features`,
    {
      hint:
        source === 'features'
          ? 'look further back with `--since`, or get more: `crypto-lake backfill bars`, then `crypto-lake derive`'
          : 'let `crypto-lake prices` collect for longer, choose a shorter `--timeframe`, or `crypto-lake backfill bars` and `crypto-lake derive` for history',
    },
  );
}
