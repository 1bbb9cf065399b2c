/**
 * Sums doubles as the decimals that they were written as, and rounds once at the end: the order of the parts does not
 * matter, and 0.1 + 0.2 is 0.3. A double stands for the shortest decimal that is read as it.
 */

const SCALE = 1e8;
const SCALE_DIGITS = 8;
/** Two decimals of at most 15 digits are never the same double. */
const DISTINCT = 1e15;
const SAFE = 2 ** 52;

export class ExactSum {
  /** In units of 10^-8, while it is exact. */
  #units = 0;
  /** What no longer fits into `#units`, in units of 10^-#digits. */
  #big = 0n;
  #digits = SCALE_DIGITS;
  #isNull = false;

  /** NaN makes the sum null. */
  add(value: number): void {
    const units = Math.round(value * SCALE);
    if (units < DISTINCT && units > -DISTINCT && units / SCALE === value) {
      this.#units += units;
      if (this.#units > SAFE || this.#units < -SAFE) this.#spill();
    } else if (Number.isFinite(value)) this.#addText(String(value));
    else this.#isNull = true;
  }

  /** Adds a sum to this one, exactly. */
  addSum(other: ExactSum): void {
    this.#units += other.#units;
    if (this.#units > SAFE || this.#units < -SAFE) this.#spill();
    if (other.#big !== 0n) this.#addScaled(other.#big, other.#digits);
    this.#isNull ||= other.#isNull;
  }

  /** NaN when a part was. */
  get value(): number {
    if (this.#isNull) return Number.NaN;
    if (this.#big === 0n) return this.#units / SCALE;
    this.#spill();
    return Number(`${this.#big}e-${this.#digits}`);
  }

  reset(): void {
    this.#units = 0;
    this.#big = 0n;
    this.#digits = SCALE_DIGITS;
    this.#isNull = false;
  }

  #spill(): void {
    this.#addScaled(BigInt(this.#units), SCALE_DIGITS);
    this.#units = 0;
  }

  #addText(text: string): void {
    const [mantissa = '', exponent = '0'] = text.split('e');
    const [whole = '', fraction = ''] = mantissa.split('.');
    const digits = fraction.length - Number(exponent);
    const scaled = BigInt(whole + fraction);
    if (digits >= 0) this.#addScaled(scaled, digits);
    else this.#addScaled(scaled * 10n ** BigInt(-digits), 0);
  }

  #addScaled(scaled: bigint, digits: number): void {
    if (digits > this.#digits) {
      this.#big *= 10n ** BigInt(digits - this.#digits);
      this.#digits = digits;
    }
    this.#big += scaled * 10n ** BigInt(this.#digits - digits);
  }
}
