/** A trained model with everything that is known of it. Stored as JSON: its numbers come back to the bit. */
import { LakeError } from '../base/errors.ts';
import type { DataVersions } from './data/pinned-session.ts';
import type { Score } from './judge/score-sheet.ts';
import type { Recipe } from './recipe.ts';

export interface Model {
  readonly name: string;
  /** Of the training run: `train --replay` takes it. */
  readonly run: string;
  readonly recipe: Recipe;
  readonly recipeHash: string;
  /** Of the formulas of its features, as `features` names it; null where it was made of prices. */
  readonly definition: string | null;
  /** Delta version of each table that was read. */
  readonly dataVersions: DataVersions;
  /** Version of crypto-lake that trained it. */
  readonly codeVersion: string;
  /** Microseconds since the epoch. */
  readonly madeAtUs: number;
  /** Rows that the model was fitted on. */
  readonly rows: number;
  /** In the order of the coefficients; what was asked for and is not here stands in `leftOut`. */
  readonly features: readonly string[];
  readonly coefficients: readonly number[];
  readonly intercept: number;
  readonly leftOut: LeftOut;
  readonly condition: number;
  /** Of walk-forward predictions. */
  readonly score: Score;
}

export interface LeftOut {
  /** Features that are NULL in more than a tenth of the rows. */
  readonly missing: readonly string[];
  readonly constant: readonly string[];
  readonly collinear: readonly string[];
}

/** @throws LakeError MODEL_UNSUPPORTED for a text that is no model of ours. */
export function parseModel(text: string): Model {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isModel(value)) return value;
  throw new LakeError('MODEL_UNSUPPORTED', 'the stored model is damaged, or of another program', {
    hint: 'train it again',
  });
}

function isModel(value: unknown): value is Model {
  const { name, run, recipe, features, coefficients, intercept, score } = (value ?? {}) as Partial<Model>;
  return (
    typeof name === 'string' &&
    typeof run === 'string' &&
    typeof recipe?.instrument?.symbol === 'string' &&
    typeof score?.rmse === 'number' &&
    Array.isArray(features) &&
    Array.isArray(coefficients) &&
    features.length === coefficients.length &&
    coefficients.every((coefficient) => Number.isFinite(coefficient)) &&
    Number.isFinite(intercept)
  );
}
