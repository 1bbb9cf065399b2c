/**
 * Statistics of the newest values of an array, each from its window alone: so a value is the same bits wherever its
 * series began. `end` is the index after the newest.
 */
export function sumOf(values: Float64Array, end: number, count: number): number {
  let sum = 0;
  for (let at = end - count; at < end; at++) sum += values[at] as number;
  return sum;
}

export function meanOf(values: Float64Array, end: number, count: number): number {
  return sumOf(values, end, count) / count;
}

/** Sample standard deviation. */
export function deviationOf(values: Float64Array, end: number, count: number): number {
  const mean = meanOf(values, end, count);
  let squares = 0;
  for (let at = end - count; at < end; at++) squares += ((values[at] as number) - mean) ** 2;
  return Math.sqrt(squares / (count - 1));
}

/** How many sample deviations the newest value is from the mean. */
export function zscoreOf(values: Float64Array, end: number, count: number): number {
  if (Number.isNaN(values[end - 1])) return Number.NaN;
  const deviation = deviationOf(values, end, count);
  const distance = (values[end - 1] as number) - meanOf(values, end, count);
  return isAlike(values, end, count) ? Number.NaN : distance / deviation;
}

/** Population skewness and excess kurtosis. */
export function momentsOf(
  values: Float64Array,
  end: number,
  count: number,
): { readonly skew: number; readonly kurtosis: number } {
  if (isAlike(values, end, count)) return { skew: Number.NaN, kurtosis: Number.NaN };
  const mean = meanOf(values, end, count);
  let [second, third, fourth] = [0, 0, 0];
  for (let at = end - count; at < end; at++) {
    const distance = (values[at] as number) - mean;
    const square = distance * distance;
    second += square;
    third += square * distance;
    fourth += square * square;
  }
  const variance = second / count;
  return { skew: third / count / variance ** 1.5, kurtosis: fourth / count / variance ** 2 - 3 };
}

/** Pearson's correlation of `count` values with those one bar before them, each with its own mean. */
export function autocorrelationOf(values: Float64Array, end: number, count: number): number {
  if (isAlike(values, end, count) || isAlike(values, end - 1, count)) return Number.NaN;
  const mean = meanOf(values, end, count);
  const meanBefore = meanOf(values, end - 1, count);
  let [both, square, squareBefore] = [0, 0, 0];
  for (let at = end - count; at < end; at++) {
    const distance = (values[at] as number) - mean;
    const distanceBefore = (values[at - 1] as number) - meanBefore;
    both += distance * distanceBefore;
    square += distance * distance;
    squareBefore += distanceBefore * distanceBefore;
  }
  return both / Math.sqrt(square * squareBefore);
}

export function highestOf(values: Float64Array, end: number, count: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let at = end - count; at < end; at++) highest = Math.max(highest, values[at] as number);
  return highest;
}

export function lowestOf(values: Float64Array, end: number, count: number): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (let at = end - count; at < end; at++) lowest = Math.min(lowest, values[at] as number);
  return lowest;
}

/** Values that do not differ have no deviation, whatever rounding makes of their mean. */
export function isAlike(values: Float64Array, end: number, count: number): boolean {
  const newest = values[end - 1];
  for (let at = end - count; at < end; at++) if (values[at] !== newest) return false;
  return true;
}
