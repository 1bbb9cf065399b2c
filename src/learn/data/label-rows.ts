/** Pairs each row with the price that came `horizon` bars later. A row whose price never came has no label. */
import type { LabelledRow } from '../judge/walk-forward.ts';
import type { Target } from '../recipe.ts';
import type { Row } from './read-rows.ts';

export interface Labelled extends LabelledRow {
  readonly price: number;
}

export interface LabelOptions {
  readonly target: Target;
  /** Length of the label in microseconds: horizon × timeframe. */
  readonly labelUs: number;
}

export class Labeller {
  readonly #options: LabelOptions;
  #waiting: Row[] = [];

  constructor(options: LabelOptions) {
    this.#options = options;
  }

  /** @returns the rows whose label this one is. */
  add(row: Row): Labelled[] {
    const { target, labelUs } = this.#options;
    const dueUs = row.timeUs - labelUs;
    let passed = 0;
    while (passed < this.#waiting.length && (this.#waiting[passed]?.timeUs ?? 0) < dueUs) passed++;
    const due = this.#waiting[passed];
    const isDue = due !== undefined && due.timeUs === dueUs;
    this.#waiting = this.#waiting.slice(isDue ? passed + 1 : passed);
    this.#waiting.push(row);
    if (!isDue) return [];
    const { price, timeUs, features } = due;
    const isReturn = target === 'return';
    return [
      {
        timeUs,
        labelTimeUs: row.timeUs,
        features,
        price,
        target: isReturn ? Math.log(row.price / price) : row.price,
        noChange: isReturn ? 0 : price,
      },
    ];
  }
}
