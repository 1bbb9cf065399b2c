/** Why rows are no fit for training, and what to do about it. */
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
          : `let \`crypto-lake prices\` collect for longer, or make features of bars: \`crypto-lake backfill bars\`, then \`crypto-lake derive --timeframe ${timeframe}\``,
    },
  );
}

export function twoDefinitions({ instrument, timeframe }: Recipe): LakeError {
  return new LakeError(
    'TRAINING_ROWS',
    `the rows of ${instrument.symbol} at ${timeframe} in \`features\` were made by several versions of the formulas`,
    { hint: 'make them anew with `crypto-lake derive --all`, or begin later with `--since`' },
  );
}
