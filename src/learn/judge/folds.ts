/** Where the folds of a walk-forward begin: the first half of the time is for learning only. */
export function foldStarts(firstUs: number, lastUs: number, folds: number): number[] {
  const half = (firstUs + lastUs) / 2;
  return Array.from({ length: folds }, (_, fold) => Math.ceil(half + (fold * (lastUs - half)) / folds));
}

/** With fewer rows a fit says more of its noise than of the market. */
export function leastRows(features: number): number {
  return Math.max(50, 4 * (features + 1));
}
