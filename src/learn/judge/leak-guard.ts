/**
 * Refuses features that hold what is to be predicted: by their name before training, and by their values during it,
 * since whoever writes into a table of the lake may give a label an innocent name.
 *
 * By its values a feature leaks when it alone explains nearly all of the change that is to come. It may be a copy of the
 * change or of the price to come, moved and scaled as one likes: so the change is regressed on the feature, and on the
 * feature over today's price. No honest feature comes near: what is known today explains a few hundredths.
 */
import { LakeError } from '../../base/errors.ts';
import type { RowBlock } from '../data/row-block.ts';
import { Correlation, explainedBeside } from './correlation.ts';

const LABEL_NAME = /^(label|target|future|next)(_|$)/i;
/** Share of the variance of the change. */
const LEAKS = 0.98;
/** With fewer rows chance explains much. */
const LEAST_ROWS = 30;

/** @throws LakeError FEATURE_LEAKS. */
export function refuseLabelNames(names: readonly string[]): void {
  const label = names.find((name) => LABEL_NAME.test(name));
  if (label !== undefined) throw leak(label, 'its name says that it is a label');
}

export class LeakGuard {
  readonly #names: readonly string[];
  /** Of each feature with the change, and of the feature over the price. */
  readonly #plain: readonly Correlation[];
  readonly #relative: readonly Correlation[];
  readonly #relativeToInverse: readonly Correlation[];
  readonly #inverse = new Correlation();
  #rows = 0;

  constructor(names: readonly string[]) {
    this.#names = names;
    const one = () => names.map(() => new Correlation());
    this.#plain = one();
    this.#relative = one();
    this.#relativeToInverse = one();
  }

  /** Complete rows. */
  add({ rows, price, label, features }: RowBlock): void {
    const change = new Float64Array(rows);
    const inverse = new Float64Array(rows);
    const relative = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      inverse[row] = 1 / (price[row] as number);
      change[row] = Math.log((label[row] as number) * (inverse[row] as number));
    }
    this.#inverse.add(inverse, change, rows);
    for (let index = 0; index < this.#names.length; index++) {
      const feature = features[index] as Float64Array;
      for (let row = 0; row < rows; row++)
        relative[row] = (feature[row] as number) * (inverse[row] as number);
      this.#plain[index]?.add(feature, change, rows);
      this.#relative[index]?.add(relative, change, rows);
      this.#relativeToInverse[index]?.add(relative, inverse, rows);
    }
    this.#rows += rows;
  }

  /** @throws LakeError FEATURE_LEAKS. */
  check(): void {
    if (this.#rows < LEAST_ROWS) return;
    const index = this.#names.findIndex((_, feature) => this.#explained(feature) > LEAKS);
    if (index >= 0) throw leak(this.#names[index] ?? '', 'it alone tells the change that is to be predicted');
  }

  #explained(index: number): number {
    const plain = this.#plain[index]?.value ?? 0;
    // A feature moved by a constant is, over the price, moved by a multiple of the price's inverse.
    const relative = explainedBeside(
      this.#relative[index]?.value ?? 0,
      this.#inverse.value,
      this.#relativeToInverse[index]?.value ?? 0,
    );
    return Math.max(plain ** 2, relative);
  }
}

function leak(name: string, reason: string): LakeError {
  return new LakeError('FEATURE_LEAKS', `the feature \`${name}\` tells the future: ${reason}`, {
    hint: 'leave it out of `--features`; a model trained with it would be worth nothing',
  });
}
