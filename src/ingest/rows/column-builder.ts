/**
 * One growing column. Rows lie in typed arrays outside of the JavaScript heap: a segment's hundred thousand would
 * otherwise keep the garbage collector busier than the parser.
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

  /** Rows without a value, in order. */
  get nulls(): readonly number[] {
    return this.#nulls;
  }
}

/** The same texts come again and again: each is kept once, and a row is a number. */
export class TextColumn {
  readonly #texts: (string | null)[] = [];
  readonly #indexOf = new Map<string | null, number>();
  #indexes = new Uint32Array(256);
  #length = 0;
  #nullCount = 0;
  #last: string | null | undefined;
  #lastIndex = 0;

  push(value: string | null): void {
    // Most columns of a burst hold one word: comparing is cheaper than looking up.
    if (value !== this.#last) this.#find(value);
    if (value === null) this.#nullCount++;
    if (this.#length === this.#indexes.length) {
      const grown = new Uint32Array(this.#length * 2);
      grown.set(this.#indexes);
      this.#indexes = grown;
    }
    this.#indexes[this.#length++] = this.#lastIndex;
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
