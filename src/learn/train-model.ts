/** Trains and judges a model in one pass over rows of pinned table versions. */
import { readPackage } from '../base/program-file.ts';
import { lengthUsOf } from '../lake/timeframe.ts';
import { Labeller } from './data/label-rows.ts';
import { type DataVersions, openPinnedSession } from './data/pinned-session.ts';
import { readRows } from './data/read-rows.ts';
import { rowQueryOf } from './data/row-query-of.ts';
import { surveyRows } from './data/survey-rows.ts';
import { foldStarts, leastRows } from './judge/folds.ts';
import { LeakGuard, refuseLabelNames } from './judge/leak-guard.ts';
import { type Score, type ScoreOptions, ScoreSheet } from './judge/score-sheet.ts';
import { type Judged, predict, WalkForward } from './judge/walk-forward.ts';
import type { Model } from './model.ts';
import { modelName, type Recipe, recipeHash } from './recipe.ts';
import { tooFewRows } from './too-few-rows.ts';

/** With fewer rows that the rival has not seen, all rows count. */
const LEAST_DUEL_ROWS = 30;

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
  /** On rows that both models predicted; undefined without a rival, or when there are none. */
  readonly duel: { readonly ours: Score; readonly rival: Score } | undefined;
}

/** @throws LakeError TRAINING_ROWS, FEATURE_LEAKS, TABLE_…, VERSION_NOT_FOUND. */
export async function trainModel(options: TrainOptions): Promise<Trained> {
  const { lake, memoryBytes, recipe, versions, rival, signal } = options;
  refuseLabelNames(recipe.features);
  const query = rowQueryOf(recipe);
  const pinned = await openPinnedSession({ lake, memoryBytes, tables: query.tables, versions });
  try {
    const request = { ...recipe, fromUs: recipe.sinceUs, toUs: recipe.cutUs };
    const survey = await surveyRows(pinned.session.connection, query, request);
    const { features, missing } = survey;
    const least = leastRows(features.length);
    if (survey.rows < least || features.length === 0) throw tooFewRows(recipe, survey.rows, least);
    const rivalFeatures = rival?.features.filter((name) => !features.includes(name)) ?? [];
    const columns = [...features, ...rivalFeatures];
    const places = rival?.features.map((name) => columns.indexOf(name)) ?? [];
    const judged = new ScoreSheet();
    const duels = { all: newDuel(), fresh: newDuel() };
    const guard = new LeakGuard(features);
    const walk = new WalkForward({
      features: features.length,
      foldStartsUs: foldStarts(survey.firstUs, survey.lastUs, recipe.folds),
      ridge: recipe.ridge,
      onJudged: (one, row) => {
        judged.add(one);
        if (rival === undefined) return;
        const predicted = predict(
          rival,
          places.map((place) => row.features[place] as number),
        );
        if (Number.isNaN(predicted)) return;
        addTo(duels.all, one, predicted);
        if (row.timeUs >= rival.recipe.cutUs) addTo(duels.fresh, one, predicted);
      },
    });
    const labeller = new Labeller({
      target: recipe.target,
      labelUs: recipe.horizon * lengthUsOf(recipe.timeframe),
    });
    let seen = 0;
    let learned = 0;
    let newest: ArrayLike<number> = [];
    for await (const rows of readRows(pinned.session.connection, query, { ...request, features: columns })) {
      signal.throwIfAborted();
      for (const row of rows) {
        seen++;
        for (const labelled of labeller.add(row)) {
          if (labelled.features.subarray(0, features.length).some(Number.isNaN)) continue;
          learned++;
          guard.add(labelled);
          walk.add(labelled);
          newest = labelled.features;
        }
      }
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
      example: features.flatMap((_, index) => (kept[index] ? [newest[index] as number] : [])),
      judged,
      rowsLeftOut: seen - learned,
      duel: scoredDuel(duels.fresh.ours.rows < LEAST_DUEL_ROWS ? duels.all : duels.fresh, scoring),
    };
  } finally {
    await pinned.session.close();
  }
}

interface DuelSheets {
  readonly ours: ScoreSheet;
  readonly rival: ScoreSheet;
}

function newDuel(): DuelSheets {
  return { ours: new ScoreSheet(), rival: new ScoreSheet() };
}

function addTo({ ours, rival }: DuelSheets, one: Judged, predicted: number): void {
  ours.add(one);
  rival.add({ ...one, predicted });
}

function scoredDuel({ ours, rival }: DuelSheets, options: ScoreOptions): Trained['duel'] {
  return ours.rows === 0 ? undefined : { ours: ours.score(options), rival: rival.score(options) };
}
