/** Rows of several groups as one, in the order of time. */

/** @param pieces rows whose first number is their time. @throws Error for two rows of one time: which counts is not decided here. */
export function inTimeOrder(pieces: readonly Float64Array[], width: number): Float64Array {
  const cells = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const piece of pieces) {
    cells.set(piece, end);
    end += piece.length;
  }
  const starts = Array.from({ length: end / width }, (_, row) => row * width);
  const timeAt = (start: number | undefined) => cells[start as number] as number;
  if (starts.every((start, row) => row === 0 || timeAt(start) > timeAt(start - width))) return cells;
  starts.sort((a, b) => timeAt(a) - timeAt(b));
  const sorted = new Float64Array(cells.length);
  for (const [row, start] of starts.entries()) {
    if (row > 0 && timeAt(start) === timeAt(starts[row - 1])) throw new Error('two rows of one time');
    sorted.set(cells.subarray(start, start + width), row * width);
  }
  return sorted;
}
