/**
 * The newest rows of one series in the order of time: numbers, row after row, in one piece of memory. What a reader has of
 * `cells` keeps its meaning: rows are added behind, all else makes a new piece; doubles may become their digits.
 */
/** Room that is left for what comes, once all is loaded. */
const SPARE_ROWS = 64;

export class SeriesRows {
  readonly width: number;
  cells = new Float64Array(0);
  length = 0;
  /** All rows from here on are there. */
  fromUs: number;
  /** Two rows of one time: which of them counts is not decided here. */
  hasDuplicates = false;
  #isSorted = true;

  constructor(width: number, fromUs: number) {
    this.width = width;
    this.fromUs = fromUs;
  }

  timeAt(row: number): number {
    return this.cells[row * this.width] as number;
  }

  /** Room for so many more rows. */
  reserve(rows: number): void {
    if ((this.length + rows) * this.width > this.cells.length) this.#resize(this.length + rows + SPARE_ROWS);
  }

  /** For who has reserved room. @returns where the numbers of a new row go. */
  add(timeUs: number): number {
    const at = this.length * this.width;
    if (this.length > 0 && timeUs <= this.timeAt(this.length - 1)) this.#isSorted = false;
    this.length++;
    return at;
  }

  /** To be called when rows have been added. @param keep newest rows that stay. */
  settle(keep: number): void {
    if (!this.#isSorted) this.#sort();
    if (this.length > keep * 1.2) {
      const first = this.length - keep;
      // Never in place: an answer may still be written from what was there.
      this.cells = this.cells.slice(first * this.width, (this.length + SPARE_ROWS) * this.width);
      this.length = keep;
      this.fromUs = this.timeAt(0);
    }
    if (this.cells.length > (this.length * 1.2 + 2 * SPARE_ROWS) * this.width)
      this.#resize(this.length + SPARE_ROWS);
  }

  /** @returns the first row at or after a time; `length` when there is none. */
  find(timeUs: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timeAt(middle) < timeUs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #sort(): void {
    const { width, length } = this;
    const order = Array.from({ length }, (_, row) => row).sort((a, b) => this.timeAt(a) - this.timeAt(b));
    const sorted = new Float64Array(this.cells.length);
    for (const [to, from] of order.entries())
      sorted.set(this.cells.subarray(from * width, (from + 1) * width), to * width);
    this.cells = sorted;
    this.#isSorted = true;
    for (let row = 1; row < length; row++)
      if (this.timeAt(row) === this.timeAt(row - 1)) this.hasDuplicates = true;
  }

  #resize(rows: number): void {
    const cells = new Float64Array(rows * this.width);
    cells.set(this.cells.subarray(0, this.length * this.width));
    this.cells = cells;
  }
}
