/** Gathers predictions beside the truth, and says how good they were against "no change" on the same rows. */
import { type Interval, skillInterval } from './block-bootstrap.ts';
import type { Judged } from './walk-forward.ts';

export interface Score {
  readonly rows: number;
  readonly rmse: number;
  readonly mae: number;
  /** Share of rows in which the value moved and the prediction had the direction; null when it never moved. */
  readonly directionalAccuracy: number | null;
  readonly noChangeRmse: number;
  /** 1 − RMSE / RMSE of "no change"; null when nothing ever changed. */
  readonly skill: number | null;
  /** 95 % confidence interval of the skill. */
  readonly skillInterval: Interval | null;
  /** The 5th and 95th percentile of truth − prediction: what a prediction's 90 % interval is made of. */
  readonly errorInterval: Interval;
}

export interface JudgedRow {
  readonly timeUs: number;
  readonly target: number;
  readonly noChange: number;
  readonly predicted: number;
}

export interface ScoreOptions {
  readonly seed: number;
  /** Rows whose errors go together: at least the label's length. */
  readonly horizon: number;
}

export class ScoreSheet {
  #columns = Array.from({ length: 4 }, () => new Float64Array(1024));
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  add({ block, from, to, predicted }: Judged): void {
    const needed = this.#rows + to - from;
    const size = this.#columns[0]?.length ?? 0;
    if (needed > size) {
      this.#columns = this.#columns.map((column) => {
        const grown = new Float64Array(Math.max(needed, size * 2));
        grown.set(column);
        return grown;
      });
    }
    const { timeUs, target, noChange } = block;
    for (const [index, column] of [timeUs, target, noChange].entries())
      this.#columns[index]?.set(column.subarray(from, to), this.#rows);
    this.#columns[3]?.set(predicted, this.#rows);
    this.#rows = needed;
  }

  row(index: number): JudgedRow {
    const [timeUs = 0, target = 0, noChange = 0, predicted = 0] = this.#columns.map(
      (column) => column[index] as number,
    );
    return { timeUs, target, noChange, predicted };
  }

  score({ seed, horizon }: ScoreOptions): Score {
    const rows = this.#rows;
    const [, target, noChange, predicted] = this.#columns as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const errors = new Float64Array(rows);
    const model = new Float64Array(rows);
    const persistence = new Float64Array(rows);
    let absolute = 0;
    let moved = 0;
    let right = 0;
    for (let row = 0; row < rows; row++) {
      const before = noChange[row] as number;
      const error = (target[row] as number) - (predicted[row] as number);
      const change = (target[row] as number) - before;
      errors[row] = error;
      model[row] = error * error;
      persistence[row] = change * change;
      absolute += Math.abs(error);
      if (change === 0) continue;
      moved++;
      if (Math.sign((predicted[row] as number) - before) === Math.sign(change)) right++;
    }
    const rmse = rootMean(model);
    const noChangeRmse = rootMean(persistence);
    return {
      rows,
      rmse,
      mae: absolute / rows,
      directionalAccuracy: moved === 0 ? null : right / moved,
      noChangeRmse,
      skill: noChangeRmse === 0 ? null : 1 - rmse / noChangeRmse,
      skillInterval: noChangeRmse === 0 ? null : skillInterval(model, persistence, { seed, horizon }),
      errorInterval: percentiles(errors),
    };
  }
}

function rootMean(squares: Float64Array): number {
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

function percentiles(errors: Float64Array): Interval {
  const sorted = Float64Array.from(errors).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return [at(0.05), at(0.95)];
}
