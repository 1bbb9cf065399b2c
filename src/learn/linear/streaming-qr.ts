/**
 * The R of a QR decomposition of rows that come one after the other, in memory that does not grow with them (TSQR: each
 * block of rows is stacked under the R so far and reduced by Householder reflections). Never X'X: lags are so nearly
 * collinear that squaring the condition number would leave no digits.
 */
const BLOCK_ROWS = 256;

export class StreamingQr {
  readonly width: number;
  /** Column after column; only the upper triangle is used. */
  readonly #r: Float64Array;
  /** One array a column, so that the inner loops run over memory in order. */
  readonly #block: readonly Float64Array[];
  #filled = 0;
  #rows = 0;

  constructor(width: number) {
    this.width = width;
    this.#r = new Float64Array(width * width);
    this.#block = Array.from({ length: width }, () => new Float64Array(BLOCK_ROWS));
  }

  get rows(): number {
    return this.#rows;
  }

  /** Rows `from` to `to` (exclusive) of columns. @param offsets what is subtracted from each column. */
  push(columns: readonly Float64Array[], from: number, to: number, offsets: Float64Array): void {
    for (let row = from; row < to; ) {
      const count = Math.min(to - row, BLOCK_ROWS - this.#filled);
      for (let column = 0; column < this.width; column++) {
        const source = columns[column] as Float64Array;
        const block = this.#block[column] as Float64Array;
        const offset = offsets[column] as number;
        for (let index = 0; index < count; index++)
          block[this.#filled + index] = (source[row + index] as number) - offset;
      }
      row += count;
      this.#rows += count;
      this.#filled += count;
      if (this.#filled === BLOCK_ROWS) this.#reduce();
    }
  }

  /** Upper triangle of all rows so far: `R[row][column]`. Signs of its rows are arbitrary. */
  triangle(): Float64Array[] {
    this.#reduce();
    return Array.from({ length: this.width }, (_, row) =>
      Float64Array.from({ length: this.width }, (__, column) =>
        column < row ? 0 : (this.#r[column * this.width + row] as number),
      ),
    );
  }

  #reduce(): void {
    const rows = this.#filled;
    if (rows === 0) return;
    const { width } = this;
    const r = this.#r;
    for (let column = 0; column < width; column++) {
      const v = this.#block[column] as Float64Array;
      const normSquared = dot(v, v, rows);
      if (normSquared === 0) continue;
      const diagonal = column * width + column;
      const head = r[diagonal] as number;
      const alpha = Math.sqrt(head * head + normSquared) * (head > 0 ? -1 : 1);
      const first = head - alpha;
      const beta = 2 / (first * first + normSquared);
      r[diagonal] = alpha;
      let other = column + 1;
      for (; other + 3 < width; other += 4) this.#reflectFour(v, column, other, first, beta, rows);
      for (; other < width; other++) this.#reflectOne(v, column, other, first, beta, rows);
    }
    this.#filled = 0;
  }

  #reflectOne(v: Float64Array, column: number, other: number, first: number, beta: number, rows: number) {
    const b = this.#block[other] as Float64Array;
    const at = other * this.width + column;
    const head = this.#r[at] as number;
    const factor = beta * (first * head + dot(v, b, rows));
    this.#r[at] = head - factor * first;
    for (let row = 0; row < rows; row++) b[row] = (b[row] as number) - factor * (v[row] as number);
  }

  /** Four columns at once: `v` is read from memory a quarter as often, which is what limits the speed. */
  #reflectFour(v: Float64Array, column: number, other: number, first: number, beta: number, rows: number) {
    const { width } = this;
    const r = this.#r;
    const a = this.#block[other] as Float64Array;
    const b = this.#block[other + 1] as Float64Array;
    const c = this.#block[other + 2] as Float64Array;
    const d = this.#block[other + 3] as Float64Array;
    let sumA = 0;
    let sumB = 0;
    let sumC = 0;
    let sumD = 0;
    for (let row = 0; row < rows; row++) {
      const weight = v[row] as number;
      sumA += weight * (a[row] as number);
      sumB += weight * (b[row] as number);
      sumC += weight * (c[row] as number);
      sumD += weight * (d[row] as number);
    }
    const at = other * width + column;
    const factorA = beta * (first * (r[at] as number) + sumA);
    const factorB = beta * (first * (r[at + width] as number) + sumB);
    const factorC = beta * (first * (r[at + 2 * width] as number) + sumC);
    const factorD = beta * (first * (r[at + 3 * width] as number) + sumD);
    r[at] = (r[at] as number) - factorA * first;
    r[at + width] = (r[at + width] as number) - factorB * first;
    r[at + 2 * width] = (r[at + 2 * width] as number) - factorC * first;
    r[at + 3 * width] = (r[at + 3 * width] as number) - factorD * first;
    for (let row = 0; row < rows; row++) {
      const weight = v[row] as number;
      a[row] = (a[row] as number) - factorA * weight;
      b[row] = (b[row] as number) - factorB * weight;
      c[row] = (c[row] as number) - factorC * weight;
      d[row] = (d[row] as number) - factorD * weight;
    }
  }
}

function dot(a: Float64Array, b: Float64Array, rows: number): number {
  let even = 0;
  let odd = 0;
  let row = 0;
  for (; row + 1 < rows; row += 2) {
    even += (a[row] as number) * (b[row] as number);
    odd += (a[row + 1] as number) * (b[row + 1] as number);
  }
  if (row < rows) even += (a[row] as number) * (b[row] as number);
  return even + odd;
}
