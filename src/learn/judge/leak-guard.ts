/**
 * Refuses features that hold what is to be predicted: by their name before training, and by their values during it,
 * since whoever writes into a table of the lake may give a label an innocent name.
 */
import { LakeError } from '../../base/errors.ts';
import type { LabelledRow } from './walk-forward.ts';

const LABEL_NAME = /^(label|target|future|next)(_|$)/i;
/** A feature this much nearer to the target than "no change" is the target. */
const NEARER = 100;
/** With fewer rows a price that hardly moves looks like its own future. */
const LEAST_ROWS = 30;

/** @throws LakeError FEATURE_LEAKS. */
export function refuseLabelNames(names: readonly string[]): void {
  const label = names.find((name) => LABEL_NAME.test(name));
  if (label !== undefined) throw leak(label, 'its name says that it is a label');
}

export class LeakGuard {
  readonly #names: readonly string[];
  readonly #distances: Float64Array;
  #noChange = 0;
  #rows = 0;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#distances = new Float64Array(names.length);
  }

  add({ features, target, noChange }: LabelledRow): void {
    const distances = this.#distances;
    for (let index = 0; index < distances.length; index++) {
      const distance = (features[index] as number) - target;
      distances[index] = (distances[index] as number) + distance * distance;
    }
    this.#noChange += (target - noChange) ** 2;
    this.#rows++;
  }

  /** @throws LakeError FEATURE_LEAKS. */
  check(): void {
    if (this.#rows < LEAST_ROWS || this.#noChange === 0) return;
    const index = this.#distances.findIndex((distance) => distance * NEARER ** 2 < this.#noChange);
    if (index >= 0) throw leak(this.#names[index] ?? '', 'its values are those that are to be predicted');
  }
}

function leak(name: string, reason: string): LakeError {
  return new LakeError('FEATURE_LEAKS', `the feature \`${name}\` tells the future: ${reason}`, {
    hint: 'leave it out of `--features`; a model trained with it would be worth nothing',
  });
}
