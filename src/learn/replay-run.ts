/** Trains a stored model again from its pinned versions, and compares the two to the bit. */
import { canonicalJson } from '../delta/log/json.ts';
import type { Model } from './model.ts';
import { type Trained, trainModel } from './train-model.ts';

export interface Replayed {
  readonly trained: Trained;
  /** Names of facts that differ: none is the proof. */
  readonly differences: readonly string[];
}

const COMPARED = ['features', 'coefficients', 'intercept', 'rows', 'leftOut', 'condition', 'score'] as const;

export async function replayRun(
  model: Model,
  options: { readonly lake: string; readonly memoryBytes: number; readonly signal: AbortSignal },
): Promise<Replayed> {
  const { recipe, dataVersions: versions, madeAtUs } = model;
  const trained = await trainModel({ ...options, recipe, versions, madeAtUs });
  // JSON writes every double so that it reads back as itself.
  const differences = COMPARED.filter(
    (fact) => canonicalJson(model[fact]) !== canonicalJson(trained.model[fact]),
  );
  return { trained, differences };
}
