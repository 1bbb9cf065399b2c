/** What is known of a model in the words of MLflow. */
import type { Model } from '../model.ts';

interface Param {
  readonly key: string;
  readonly value: string;
}

/** MLflow takes values of up to 6,000 characters; the lists of features are shorter. */
export function paramsOf({
  recipe,
  leftOut,
  features,
  dataVersions,
  codeVersion,
  recipeHash,
  definition,
}: Model): Param[] {
  const iso = (us: number) => new Date(us / 1000).toISOString();
  const facts: Readonly<Record<string, string | number>> = {
    symbol: recipe.instrument.symbol,
    market: recipe.instrument.market,
    timeframe: recipe.timeframe,
    target: recipe.target,
    horizon: recipe.horizon,
    source: recipe.source,
    features: features.join(','),
    since: iso(recipe.sinceUs),
    cut: iso(recipe.cutUs),
    ridge: recipe.ridge,
    folds: recipe.folds,
    seed: recipe.seed,
    data_versions: JSON.stringify(dataVersions),
    recipe_hash: recipeHash,
    feature_definition: definition ?? '',
    code_version: codeVersion,
    left_out: JSON.stringify(leftOut),
  };
  return Object.entries(facts).map(([key, value]) => ({ key, value: String(value) }));
}

/** A metric that there is none of is not logged: MLflow knows no NULL. */
export function metricsOf({
  score,
  rows,
  condition,
}: Model): { readonly key: string; readonly value: number }[] {
  const facts = {
    rmse: score.rmse,
    mae: score.mae,
    directional_accuracy: score.directionalAccuracy,
    no_change_rmse: score.noChangeRmse,
    skill: score.skill,
    skill_low: score.skillInterval?.[0] ?? null,
    skill_high: score.skillInterval?.[1] ?? null,
    judged_rows: score.rows,
    training_rows: rows,
    condition,
  };
  return Object.entries(facts).flatMap(([key, value]) =>
    value !== null && Number.isFinite(value) ? [{ key, value }] : [],
  );
}

/** Each table with its Delta version. */
export function inputsOf({ dataVersions, features }: Model, lake: string): unknown[] {
  return Object.entries(dataVersions).map(([name, version]) => ({
    tags: [{ key: 'mlflow.data.context', value: 'training' }],
    dataset: {
      name,
      digest: `v${version}`,
      source_type: 'delta_table',
      source: JSON.stringify({ path: `${lake}/${name}`, delta_table_version: version }),
      schema: JSON.stringify({
        mlflow_colspec: features.map((feature) => ({ type: 'double', name: feature, required: true })),
      }),
      profile: JSON.stringify({}),
    },
  }));
}
