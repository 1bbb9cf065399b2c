/** Pearson's correlation of two columns that come block by block. */
export class Correlation {
  #rows = 0;
  #firstX = 0;
  #firstY = 0;
  #x = 0;
  #y = 0;
  #xx = 0;
  #yy = 0;
  #xy = 0;

  add(x: Float64Array, y: Float64Array, rows: number): void {
    if (rows === 0) return;
    // Sums of squares of what is left beside the first value: prices would drown their own differences.
    if (this.#rows === 0) [this.#firstX, this.#firstY] = [x[0] as number, y[0] as number];
    const [firstX, firstY] = [this.#firstX, this.#firstY];
    let [sumX, sumY, sumXx, sumYy, sumXy] = [0, 0, 0, 0, 0];
    for (let row = 0; row < rows; row++) {
      const a = (x[row] as number) - firstX;
      const b = (y[row] as number) - firstY;
      sumX += a;
      sumY += b;
      sumXx += a * a;
      sumYy += b * b;
      sumXy += a * b;
    }
    this.#rows += rows;
    this.#x += sumX;
    this.#y += sumY;
    this.#xx += sumXx;
    this.#yy += sumYy;
    this.#xy += sumXy;
  }

  /** 0 where one of the two never changes. */
  get value(): number {
    const covariance = this.#xy - (this.#x * this.#y) / this.#rows;
    const spread = (this.#xx - this.#x ** 2 / this.#rows) * (this.#yy - this.#y ** 2 / this.#rows);
    return spread > 0 ? covariance / Math.sqrt(spread) : 0;
  }
}

/**
 * Share of the variance that a known regressor leaves and another one explains (squared partial correlation).
 * @param other correlation of the other one with the target. @param known of the known one. @param between of the two.
 */
export function explainedBeside(other: number, known: number, between: number): number {
  const rest = (1 - known ** 2) * (1 - between ** 2);
  // Nothing is left, or the two are one.
  return rest < 1e-12 ? 0 : (other - known * between) ** 2 / rest;
}
