/** One training from the question to the registered model: the champion is judged on the same rows. */

import { modelName, type Recipe } from './recipe.ts';
import type { ModelRegistry, RegisteredModel } from './registry/model-registry.ts';
import { type Trained, trainModel } from './train-model.ts';

export type Promotion = 'always' | 'better' | 'never';

export interface TrainingOptions {
  readonly lake: string;
  readonly memoryBytes: number;
  readonly registry: ModelRegistry;
  readonly recipe: Recipe;
  readonly promotion: Promotion;
  /** Microseconds since the epoch. */
  readonly nowUs: number;
  readonly signal: AbortSignal;
}

export interface Training {
  readonly registered: RegisteredModel;
  readonly trained: Trained;
  /** Why it is the champion now, or is not. */
  readonly promotion: string;
}

/** @throws LakeError MLFLOW_… before it trains, TRAINING_ROWS, FEATURE_LEAKS, TABLE_…. */
export async function runTraining(options: TrainingOptions): Promise<Training> {
  const { registry, recipe, nowUs } = options;
  await registry.check();
  const champion = await registry.champion(modelName(recipe));
  const isComparable = champion?.model?.recipe.source === recipe.source;
  const trained = await trainModel({
    ...options,
    madeAtUs: nowUs,
    rival: isComparable ? champion?.model : undefined,
  });
  const { promote, reason } = decide(options.promotion, champion, trained);
  const registered = await registry.register(trained, promote);
  return { registered, trained, promotion: reason };
}

function decide(
  promotion: Promotion,
  champion: RegisteredModel | undefined,
  { duel }: Trained,
): { readonly promote: boolean; readonly reason: string } {
  if (promotion === 'never') return { promote: false, reason: 'not promoted: `--promote never`' };
  if (promotion === 'always') return { promote: true, reason: 'champion: `--promote always`' };
  if (champion === undefined) return { promote: true, reason: 'champion: the first of its name' };
  const other = `version ${champion.version}`;
  if (duel === undefined)
    return {
      promote: false,
      reason: `not promoted: ${other} cannot be judged on these rows; \`--promote always\` takes this one`,
    };
  const [ours, theirs] = [duel.ours.rmse, duel.rival.rmse].map((rmse) => rmse.toPrecision(6));
  const rows = `on the same ${duel.ours.rows} rows: RMSE ${ours} against ${theirs}`;
  return duel.ours.rmse < duel.rival.rmse
    ? { promote: true, reason: `champion: better than ${other} ${rows}` }
    : { promote: false, reason: `not promoted: not better than ${other} ${rows}` };
}
