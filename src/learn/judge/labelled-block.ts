/** Neighbouring rows as columns, with what a model predicts for them, and what "no change" does. */
import type { RowBlock } from '../data/row-block.ts';
import type { Target } from '../recipe.ts';

export interface LabelledBlock {
  readonly rows: number;
  /** Microseconds since the epoch: what the row tells is of this time. */
  readonly timeUs: Float64Array;
  /** Those of the model first; there may be more, and only in them may a value be missing (NaN). */
  readonly features: readonly Float64Array[];
  readonly target: Float64Array;
  readonly noChange: Float64Array;
}

export function labelBlock(
  { rows, timeUs, price, label, features }: RowBlock,
  target: Target,
): LabelledBlock {
  if (target === 'next-price') return { rows, timeUs, features, target: label, noChange: price };
  const returns = label.map((later, row) => Math.log(later / (price[row] as number)));
  return { rows, timeUs, features, target: returns, noChange: new Float64Array(rows) };
}

/** A copy of some rows. */
export function takeRows(block: LabelledBlock, rows: readonly number[]): LabelledBlock {
  const take = (column: Float64Array) => Float64Array.from(rows, (row) => column[row] as number);
  return {
    rows: rows.length,
    timeUs: take(block.timeUs),
    features: block.features.map(take),
    target: take(block.target),
    noChange: take(block.noChange),
  };
}
