/** Trains and judges a model in one pass over rows of pinned table versions. */
import { readPackage } from '../base/program-file.ts';
import { lengthUsOf } from '../lake/timeframe.ts';
import { type DataVersions, openPinnedSession } from './data/pinned-session.ts';
import { readBlocks } from './data/read-blocks.ts';
import { completeRows } from './data/row-block.ts';
import { rowQueryOf } from './data/row-query-of.ts';
import { surveyRows } from './data/survey-rows.ts';
import { Duel, type DuelScores } from './judge/duel.ts';
import { foldStarts, leastRows } from './judge/folds.ts';
import { labelBlock } from './judge/labelled-block.ts';
import { LeakGuard, refuseLabelNames } from './judge/leak-guard.ts';
import { ScoreSheet } from './judge/score-sheet.ts';
import { WalkForward } from './judge/walk-forward.ts';
import type { Model } from './model.ts';
import { modelName, type Recipe, recipeHash } from './recipe.ts';
import { tooFewRows, twoDefinitions } from './unfit-rows.ts';

/** What DuckDB needs at most: a part of the rows is joined and sorted at a time. */
const SESSION_BYTES = 128 * 2 ** 20;

export interface TrainOptions {
  readonly lake: string;
  readonly memoryBytes: number;
  readonly recipe: Recipe;
  /** Microseconds since the epoch. */
  readonly madeAtUs: number;
  /** The newest when not given. */
  readonly versions?: DataVersions | undefined;
  /** A model to be judged on the same rows. */
  readonly rival?: Model | undefined;
  readonly signal: AbortSignal;
}

export interface Trained {
  /** The registry gives it its run. */
  readonly model: Omit<Model, 'run'>;
  /** The inputs of one row that it was trained on. */
  readonly example: readonly number[];
  /** Predictions of walk-forward, in the order of time. */
  readonly judged: ScoreSheet;
  /** Rows left out because a feature was NULL in them, or their label never came. */
  readonly rowsLeftOut: number;
  /** Undefined without a rival, or when they cannot be distinguished. */
  readonly duel: DuelScores | undefined;
}

/** @throws LakeError TRAINING_ROWS, FEATURE_LEAKS, TABLE_…, VERSION_NOT_FOUND. */
export async function trainModel(options: TrainOptions): Promise<Trained> {
  const { lake, recipe, versions, rival, signal } = options;
  refuseLabelNames(recipe.features);
  const query = rowQueryOf(recipe);
  const memoryBytes = Math.min(options.memoryBytes, SESSION_BYTES);
  const pinned = await openPinnedSession({ lake, memoryBytes, tables: query.tables, versions });
  const { connection } = pinned.session;
  try {
    const request = { ...recipe, fromUs: recipe.sinceUs, toUs: recipe.cutUs, labelBars: recipe.horizon };
    const { features, missing, definitions, ...survey } = await surveyRows(connection, query, request);
    const least = leastRows(features.length);
    if (survey.rows < least || features.length === 0) throw tooFewRows(recipe, survey.rows, least);
    if (definitions.length > 1) throw twoDefinitions(recipe);
    const columns = [...features, ...(rival?.features.filter((name) => !features.includes(name)) ?? [])];
    const labelUs = recipe.horizon * lengthUsOf(recipe.timeframe);
    const foldStartsUs = foldStarts(survey.firstUs, survey.lastUs, recipe.folds);
    const judged = new ScoreSheet();
    const guard = new LeakGuard(features);
    const duel = rival && new Duel({ rival, recipe, columns, foldStartsUs, labelUs });
    const walk = new WalkForward({
      features: features.length,
      labelUs,
      foldStartsUs,
      ridge: recipe.ridge,
      onJudged: (some) => {
        judged.add(some);
        duel?.judged(some);
      },
    });
    let seen = 0;
    let learned = 0;
    let example: readonly number[] = [];
    for await (const block of readBlocks(connection, query, { ...request, features: columns })) {
      signal.throwIfAborted();
      const complete = completeRows(block, features.length);
      seen += block.rows;
      learned += complete.rows;
      if (complete.rows === 0) continue;
      const labelled = labelBlock(complete, recipe.target);
      guard.add(complete);
      walk.add(labelled);
      duel?.add(labelled);
      example = complete.features
        .slice(0, features.length)
        .map((column) => column[complete.rows - 1] as number);
    }
    if (learned < least || judged.rows === 0) throw tooFewRows(recipe, learned, least);
    guard.check();
    const { constant, collinear, coefficients, intercept, condition, rows } = walk.finish();
    const kept = features.map((_, index) => !constant.includes(index) && !collinear.includes(index));
    const scoring = { seed: recipe.seed, horizon: recipe.horizon };
    return {
      model: {
        name: modelName(recipe),
        recipe,
        recipeHash: recipeHash(recipe),
        definition: definitions[0] ?? null,
        dataVersions: pinned.versions,
        codeVersion: readPackage().version,
        madeAtUs: options.madeAtUs,
        rows,
        features: features.filter((_, index) => kept[index]),
        coefficients: coefficients.filter((_, index) => kept[index]),
        intercept,
        leftOut: {
          missing,
          constant: constant.map((index) => features[index] ?? ''),
          collinear: collinear.map((index) => features[index] ?? ''),
        },
        condition,
        score: judged.score(scoring),
      },
      example: features.flatMap((_, index) => (kept[index] ? [example[index] as number] : [])),
      judged,
      rowsLeftOut: seen - learned,
      duel: duel?.scores(scoring),
    };
  } catch (error) {
    throw pinned.session.errorOf(error);
  } finally {
    await pinned.session.close();
  }
}
