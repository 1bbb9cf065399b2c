/** Some neighbouring rows as columns: millions of numbers pass through training, and an object for each row would cost more than the fit. */
export interface RowBlock {
  readonly rows: number;
  /** Microseconds since the epoch: what a row tells is of this time. Rising. */
  readonly timeUs: Float64Array;
  readonly price: Float64Array;
  /** The price that was to come; NaN where it never came, or not yet. */
  readonly label: Float64Array;
  /** NaN for what is not known. */
  readonly features: readonly Float64Array[];
}

/** Rows that have a label and each of the first features. @param features how many. */
export function completeRows(block: RowBlock, features: number): RowBlock {
  const isComplete = new Uint8Array(block.rows).fill(1);
  for (const column of [block.label, ...block.features.slice(0, features)]) {
    for (let row = 0; row < block.rows; row++) if (Number.isNaN(column[row])) isComplete[row] = 0;
  }
  if (!isComplete.includes(0)) return block;
  const only = (column: Float64Array) => column.filter((_, row) => isComplete[row] === 1);
  const timeUs = only(block.timeUs);
  return {
    rows: timeUs.length,
    timeUs,
    price: only(block.price),
    label: only(block.label),
    features: block.features.map(only),
  };
}
