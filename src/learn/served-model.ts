/** What predicting needs of a model: of one that we trained, or of one that others registered. */
import type { Timeframe } from '../lake/timeframe.ts';
import type { Instrument } from './instrument.ts';
import type { Interval } from './judge/block-bootstrap.ts';
import type { Model } from './model.ts';
import type { Recipe, Target } from './recipe.ts';

export interface ServedModel {
  readonly name: string;
  /** A number of its name's, as text. */
  readonly version: string;
  readonly run: string;
  readonly instrument: Instrument;
  readonly timeframe: Timeframe;
  readonly target: Target;
  readonly horizon: number;
  readonly source: Recipe['source'];
  readonly features: readonly string[];
  readonly coefficients: readonly number[];
  readonly intercept: number;
  /** Percentiles of truth − prediction; undefined where nobody measured them. */
  readonly errorInterval: Interval | undefined;
  readonly skill: number | null;
  /** All that we know of it, when we trained it. */
  readonly model: Model | undefined;
}

export function servedModel(model: Model, version: string): ServedModel {
  const { name, run, recipe, features, coefficients, intercept, score } = model;
  const { instrument, timeframe, target, horizon, source } = recipe;
  return {
    name,
    version,
    run,
    instrument,
    timeframe,
    target,
    horizon,
    source,
    features,
    coefficients,
    intercept,
    errorInterval: score.errorInterval,
    skill: score.skill,
    model,
  };
}
