/**
 * One growing column. Numbers lie in a typed array outside of the JavaScript heap: a segment's hundred thousand rows
 * would otherwise keep the garbage collector busier than the parser.
 */
export class NumberColumn {
  #values = new Float64Array(256);
  #length = 0;
  readonly #nulls: number[] = [];

  push(value: number | null): void {
    if (this.#length === this.#values.length) {
      const grown = new Float64Array(this.#length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    if (value === null) this.#nulls.push(this.#length);
    else this.#values[this.#length] = value;
    this.#length++;
  }

  get nullCount(): number {
    return this.#nulls.length;
  }

  /** All values; 0 stands where there is none. */
  get values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }

  /** With null where there is no value. */
  toArray(): (number | null)[] {
    const cells: (number | null)[] = Array.from(this.values);
    for (const row of this.#nulls) cells[row] = null;
    return cells;
  }

  /** The values that are there. */
  *present(): Generator<number> {
    const missing = new Set(this.#nulls);
    for (let row = 0; row < this.#length; row++) if (!missing.has(row)) yield this.#values[row] ?? 0;
  }
}

export class TextColumn {
  readonly cells: (string | null)[] = [];

  push(value: string | null): void {
    this.cells.push(value);
  }

  get nullCount(): number {
    return this.cells.reduce((count, cell) => (cell === null ? count + 1 : count), 0);
  }
}

export type Column = NumberColumn | TextColumn;
