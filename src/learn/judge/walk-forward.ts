/**
 * Judges a recipe as it would have been used: rows come in the order of time, a model is fitted at the beginning of each
 * fold on what was known by then, and predicts the fold. Between the last row that it learned from and the first that it
 * predicts lies a gap as long as the label. One pass: R grows with the rows, each fold's model is a small solve.
 */
import { fitLinear, type LinearFit } from '../linear/least-squares.ts';
import { StreamingQr } from '../linear/streaming-qr.ts';

/** One complete row: nothing in it is missing. */
export interface LabelledRow {
  /** Microseconds since the epoch: what the row tells is of this time. */
  readonly timeUs: number;
  /** When the label came true. */
  readonly labelTimeUs: number;
  /** Those of the model first; there may be more. */
  readonly features: Float64Array;
  /** What the model predicts. */
  readonly target: number;
  /** What "no change" predicts for it. */
  readonly noChange: number;
}

export interface Judged {
  readonly timeUs: number;
  readonly target: number;
  readonly noChange: number;
  readonly predicted: number;
}

export interface WalkForwardOptions {
  readonly features: number;
  /** Where each fold begins, rising, in microseconds. */
  readonly foldStartsUs: readonly number[];
  readonly ridge: number;
  /** Called with each row that was predicted by a model that knew nothing of it. */
  readonly onJudged: (judged: Judged, row: LabelledRow) => void;
}

export class WalkForward {
  readonly #options: WalkForwardOptions;
  readonly #qr: StreamingQr;
  readonly #line: Float64Array;
  #offsets: Float64Array | undefined;
  /** Rows whose label is not known yet. */
  #waiting: LabelledRow[] = [];
  #model: LinearFit | undefined;
  #nextFold = 0;

  constructor(options: WalkForwardOptions) {
    this.#options = options;
    this.#qr = new StreamingQr(options.features + 2);
    this.#line = new Float64Array(options.features + 2);
  }

  add(row: LabelledRow): void {
    const { foldStartsUs, onJudged } = this.#options;
    for (;;) {
      const startUs = foldStartsUs[this.#nextFold];
      if (startUs === undefined || row.timeUs < startUs) break;
      this.#learnUntil(startUs);
      this.#model = this.#qr.rows > this.#options.features + 1 ? this.#fit() : undefined;
      this.#nextFold++;
    }
    if (this.#model !== undefined) {
      const { timeUs, target, noChange } = row;
      onJudged({ timeUs, target, noChange, predicted: predict(this.#model, row.features) }, row);
    }
    this.#learnUntil(row.timeUs);
    this.#waiting.push(row);
  }

  /** The model of all rows. */
  finish(): LinearFit & { readonly rows: number } {
    this.#learnUntil(Number.POSITIVE_INFINITY);
    return { ...this.#fit(), rows: this.#qr.rows };
  }

  #learnUntil(timeUs: number): void {
    let known = 0;
    while (known < this.#waiting.length && (this.#waiting[known]?.labelTimeUs ?? 0) < timeUs) known++;
    for (const row of this.#waiting.slice(0, known)) this.#learn(row);
    if (known > 0) this.#waiting = this.#waiting.slice(known);
  }

  #learn({ features, target }: LabelledRow): void {
    const line = this.#line;
    const { features: length } = this.#options;
    // Prices differ in their last digits: without their common part the sums keep more of them.
    this.#offsets ??= Float64Array.of(...features.subarray(0, length), target);
    line[0] = 1;
    for (let index = 0; index < length; index++) {
      line[index + 1] = (features[index] as number) - (this.#offsets[index] as number);
    }
    line[length + 1] = target - (this.#offsets[length] as number);
    this.#qr.push(line);
  }

  #fit(): LinearFit {
    const { features, ridge } = this.#options;
    return fitLinear(this.#qr.triangle(), features, {
      rows: this.#qr.rows,
      offsets: this.#offsets ?? new Float64Array(features + 1),
      ridge,
    });
  }
}

export function predict(
  { intercept, coefficients }: Pick<LinearFit, 'intercept' | 'coefficients'>,
  features: ArrayLike<number>,
): number {
  let sum = intercept;
  for (const [index, coefficient] of coefficients.entries()) sum += coefficient * (features[index] as number);
  return sum;
}
