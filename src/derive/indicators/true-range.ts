/** The range of a bar and of the gap to the close before it. Source: Wilder, "New Concepts" (1978). */
export function trueRange(high: number, low: number, closeBefore: number): number {
  return Math.max(high - low, Math.abs(high - closeBefore), Math.abs(low - closeBefore));
}
