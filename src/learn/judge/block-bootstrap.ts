/**
 * How sure a skill is, when the errors of neighbouring rows go together: whole blocks of rows are drawn, with
 * replacement, on a circle. Source: Politis and Romano, "A circular block-resampling procedure" (1992).
 */
import { createSeededRandom } from '../../base/seeded-random.ts';

export type Interval = readonly [low: number, high: number];

const SAMPLES = 1000;

export interface BootstrapOptions {
  readonly seed: number;
  readonly horizon: number;
}

/**
 * @param model squared errors of the model by row, in the order of time. @param noChange those of "no change".
 * @returns the 2.5th and 97.5th percentile of the skill.
 */
export function skillInterval(
  model: Float64Array,
  noChange: Float64Array,
  { seed, horizon }: BootstrapOptions,
): Interval {
  const rows = model.length;
  // Long enough for the label's overlap and for volatility that comes in spells.
  const length = Math.min(rows, Math.max(horizon, Math.ceil(rows ** (1 / 3))));
  const sums = [running(model, length), running(noChange, length)] as const;
  const draw = createSeededRandom(seed).next;
  const blocks = Math.ceil(rows / length);
  const skills = new Float64Array(SAMPLES);
  for (let sample = 0; sample < SAMPLES; sample++) {
    let ours = 0;
    let theirs = 0;
    for (let block = 0; block < blocks; block++) {
      const start = Math.floor(draw() * rows);
      ours += (sums[0][start + length] as number) - (sums[0][start] as number);
      theirs += (sums[1][start + length] as number) - (sums[1][start] as number);
    }
    skills[sample] = theirs > 0 ? 1 - Math.sqrt(ours / theirs) : 0;
  }
  skills.sort();
  return [skills[Math.floor(0.025 * SAMPLES)] ?? 0, skills[Math.floor(0.975 * SAMPLES)] ?? 0];
}

/** Sums from the beginning, gone on with around the circle by one block. */
function running(values: Float64Array, length: number): Float64Array {
  const rows = values.length;
  const sums = new Float64Array(rows + length + 1);
  for (let index = 0; index < rows + length; index++) {
    sums[index + 1] = (sums[index] as number) + (values[index % rows] as number);
  }
  return sums;
}
