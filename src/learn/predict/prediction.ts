/** One prediction with all that a reader needs to judge it. Times are microseconds since the epoch. */

import { lengthUsOf } from '../../lake/timeframe.ts';
import type { DataVersions } from '../data/pinned-session.ts';
import type { ServedModel } from '../served-model.ts';
import type { InputRow } from './newest-row.ts';

export interface Prediction {
  readonly model: ServedModel;
  readonly price: number;
  /** 90 % of the truths should lie between, as they did in walk-forward; null for a model whose errors nobody measured. */
  readonly low: number | null;
  readonly high: number | null;
  /** The newest price that the model knew, which "no change" predicts. */
  readonly lastPrice: number;
  readonly inputsTimeUs: number;
  readonly madeAtUs: number;
  readonly predictedForUs: number;
  readonly dataVersions: DataVersions;
}

/** @param row with the model's features in its order, none of them NaN. */
export function predictionOf(
  model: ServedModel,
  row: InputRow,
  madeAtUs: number,
  dataVersions: DataVersions,
): Prediction {
  const value = model.coefficients.reduce(
    (sum, coefficient, index) => sum + coefficient * (row.features[index] as number),
    model.intercept,
  );
  const priceOf = (target: number) => (model.target === 'return' ? row.price * Math.exp(target) : target);
  const [low, high] = model.errorInterval ?? [Number.NaN, Number.NaN];
  const bound = (error: number) => (Number.isNaN(error) ? null : priceOf(value + error));
  return {
    model,
    price: priceOf(value),
    low: bound(low),
    high: bound(high),
    lastPrice: row.price,
    inputsTimeUs: row.timeUs,
    madeAtUs,
    predictedForUs: row.timeUs + model.horizon * lengthUsOf(model.timeframe),
    dataVersions,
  };
}
