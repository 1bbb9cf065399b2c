/**
 * Compares a recipe with the champion of its name, on the same rows and without what either knew of them:
 *
 * - Where the champion is older by thirty bars or more, on the bars that it was not trained on: the champion as it is,
 *   the recipe by walk-forward.
 * - Else there is nothing that the champion has not seen: its recipe, too, is judged by walk-forward, in the same folds.
 */
import { lengthUsOf } from '../../lake/timeframe.ts';
import type { Model } from '../model.ts';
import type { Recipe } from '../recipe.ts';
import { type LabelledBlock, takeRows } from './labelled-block.ts';
import { type Score, type ScoreOptions, ScoreSheet } from './score-sheet.ts';
import { type Judged, predictRows, WalkForward } from './walk-forward.ts';

export interface DuelScores {
  readonly ours: Score;
  readonly rival: Score;
}

const LEAST_ROWS = 30;

export interface DuelOptions {
  readonly rival: Model;
  readonly recipe: Recipe;
  /** Features in the order of the columns of each block. */
  readonly columns: readonly string[];
  readonly foldStartsUs: readonly number[];
  readonly labelUs: number;
}

export class Duel {
  readonly #rival: Model;
  readonly #places: readonly number[];
  readonly #ours = new ScoreSheet();
  readonly #theirs = new ScoreSheet();
  /** The recipe of the rival made anew; undefined where the rival is judged as it is. */
  readonly #remade: WalkForward | undefined;

  constructor({ rival, recipe, columns, foldStartsUs, labelUs }: DuelOptions) {
    this.#rival = rival;
    this.#places = rival.features.map((name) => columns.indexOf(name));
    const newUs = recipe.cutUs - rival.recipe.cutUs;
    if (newUs >= LEAST_ROWS * lengthUsOf(recipe.timeframe)) return;
    this.#remade = new WalkForward({
      features: rival.features.length,
      labelUs,
      foldStartsUs,
      ridge: rival.recipe.ridge,
      onJudged: (judged) => this.#theirs.add(judged),
    });
  }

  add(block: LabelledBlock): void {
    this.#remade?.add(this.#ofRival(takeRows(block, this.#common(block, 0, block.rows))));
  }

  /** What our own walk-forward predicted for some of the rows. */
  judged({ block, from, to, predicted }: Judged): void {
    const isNew = (row: number) =>
      this.#remade !== undefined || (block.timeUs[row] as number) >= this.#rival.recipe.cutUs;
    const rows = this.#common(block, from, to).filter(isNew);
    if (rows.length === 0) return;
    const some = takeRows(block, rows);
    const ours = Float64Array.from(rows, (row) => predicted[row - from] as number);
    this.#ours.add({ block: some, from: 0, to: some.rows, predicted: ours });
    if (this.#remade !== undefined) return;
    const theirs = predictRows(this.#rival, this.#ofRival(some).features, 0, some.rows);
    this.#theirs.add({ block: some, from: 0, to: some.rows, predicted: theirs });
  }

  /** @returns undefined when there are too few rows to tell them apart. */
  scores(options: ScoreOptions): DuelScores | undefined {
    if (this.#ours.rows < LEAST_ROWS || this.#ours.rows !== this.#theirs.rows) return undefined;
    return { ours: this.#ours.score(options), rival: this.#theirs.score(options) };
  }

  /** Rows that have all features of the rival, too. */
  #common(block: LabelledBlock, from: number, to: number): number[] {
    const columns = this.#ofRival(block).features;
    const rows = Array.from({ length: to - from }, (_, index) => from + index);
    return rows.filter((row) => columns.every((column) => !Number.isNaN(column[row])));
  }

  #ofRival(block: LabelledBlock): LabelledBlock {
    return { ...block, features: this.#places.map((place) => block.features[place] as Float64Array) };
  }
}
