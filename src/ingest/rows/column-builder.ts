const LEAST_ROWS = 256;
const SMALL_ROWS = 4096;

/** Each block of memory more costs the garbage collector, and two dozen columns grow at once: small ones do so in few steps. */
function grownRows(rows: number): number {
  return rows < SMALL_ROWS ? rows * 4 : rows * 2;
}

/**
 * One growing column. Rows lie in typed arrays outside of the JavaScript heap: a segment's hundred thousand would
 * otherwise keep the garbage collector busier than the parser.
 */
export class NumberColumn {
  #values = new Float64Array(LEAST_ROWS);
  #length = 0;
  readonly #nulls: number[] = [];

  push(value: number | null): void {
    if (this.#length === this.#values.length) this.#reserve(1);
    if (value === null) this.#nulls.push(this.#length);
    else this.#values[this.#length] = value;
    this.#length++;
  }

  /** What is not finite is null. A parameter that can be nothing but a number is never put on the heap. */
  pushFinite(value: number): void {
    if (this.#length === this.#values.length) this.#reserve(1);
    if (value - value === 0) this.#values[this.#length] = value;
    else this.#nulls.push(this.#length);
    this.#length++;
  }

  /** The same value in many rows. */
  repeat(value: number, times: number): void {
    this.#reserve(times);
    this.#values.fill(value, this.#length, this.#length + times);
    this.#length += times;
  }

  /** Many values at once; what is not finite is null. */
  appendFinite(values: Float64Array): void {
    this.#reserve(values.length);
    const at = this.#length;
    this.#values.set(values, at);
    this.#length += values.length;
    for (let row = at; row < this.#length; row++) {
      if (Number.isFinite(this.#values[row])) continue;
      this.#values[row] = 0;
      this.#nulls.push(row);
    }
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#values.length) return;
    const grown = new Float64Array(Math.max(needed, grownRows(this.#values.length)));
    grown.set(this.#values);
    this.#values = grown;
  }

  /** Keeps its memory for as many rows again. */
  clear(): void {
    // A null stands on a 0.
    this.#values.fill(0, 0, this.#length);
    this.#length = 0;
    this.#nulls.length = 0;
  }

  get nullCount(): number {
    return this.#nulls.length;
  }

  /** All values; 0 stands where there is none. */
  get values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }

  /** Rows without a value, in order. */
  get nulls(): readonly number[] {
    return this.#nulls;
  }
}

/** The same texts come again and again: each is kept once, and a row is a number. */
export class TextColumn {
  readonly #texts: (string | null)[] = [];
  readonly #indexOf = new Map<string | null, number>();
  #indexes = new Uint32Array(LEAST_ROWS);
  #length = 0;
  #nullCount = 0;
  #last: string | null | undefined;
  #lastIndex = 0;

  push(value: string | null): void {
    // Most columns of a burst hold one word: comparing is cheaper than looking up.
    if (value !== this.#last) this.#find(value);
    if (value === null) this.#nullCount++;
    if (this.#length === this.#indexes.length) this.#reserve(1);
    this.#indexes[this.#length++] = this.#lastIndex;
  }

  /** The same text in many rows. */
  repeat(value: string | null, times: number): void {
    if (value !== this.#last) this.#find(value);
    if (value === null) this.#nullCount += times;
    this.#reserve(times);
    this.#indexes.fill(this.#lastIndex, this.#length, this.#length + times);
    this.#length += times;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#indexes.length) return;
    const grown = new Uint32Array(Math.max(needed, grownRows(this.#indexes.length)));
    grown.set(this.#indexes);
    this.#indexes = grown;
  }

  /** Keeps its memory for as many rows again. */
  clear(): void {
    this.#texts.length = 0;
    this.#indexOf.clear();
    this.#length = 0;
    this.#nullCount = 0;
    this.#last = undefined;
    this.#lastIndex = 0;
  }

  get nullCount(): number {
    return this.#nullCount;
  }

  /** Every text once, null too, in the order they came. */
  get distinct(): readonly (string | null)[] {
    return this.#texts;
  }

  /** By row: where its text stands in `distinct`. */
  get indexes(): Uint32Array {
    return this.#indexes.subarray(0, this.#length);
  }

  #find(value: string | null): void {
    let index = this.#indexOf.get(value);
    if (index === undefined) {
      index = this.#texts.push(value) - 1;
      this.#indexOf.set(value, index);
    }
    this.#last = value;
    this.#lastIndex = index;
  }
}

export type Column = NumberColumn | TextColumn;
