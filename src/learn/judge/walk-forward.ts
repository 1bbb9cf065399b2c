/**
 * Judges a recipe as it would have been used: rows come in the order of time, a model is fitted at the beginning of each
 * fold on what was known by then, and predicts the fold. Between the last row that it learned from and the first that it
 * predicts lies a gap as long as the label. One pass: R grows with the rows, each fold's model is a small solve.
 */
import { fitLinear, type LinearFit } from '../linear/least-squares.ts';
import { StreamingQr } from '../linear/streaming-qr.ts';
import { type LabelledBlock, takeRows } from './labelled-block.ts';

/** Some rows of a block, and what a model that knew nothing of them predicts for each of them. */
export interface Judged {
  readonly block: LabelledBlock;
  readonly from: number;
  readonly to: number;
  /** From `from` on. */
  readonly predicted: Float64Array;
}

export interface WalkForwardOptions {
  readonly features: number;
  /** How long after its row a label comes true, in microseconds. */
  readonly labelUs: number;
  /** Where each fold begins, rising, in microseconds. */
  readonly foldStartsUs: readonly number[];
  readonly ridge: number;
  readonly onJudged: (judged: Judged) => void;
}

export class WalkForward {
  readonly #options: WalkForwardOptions;
  readonly #qr: StreamingQr;
  #offsets: Float64Array | undefined;
  #ones = new Float64Array(0);
  /** Rows whose label comes true only after the next fold has begun, in the order of time. */
  #held: LabelledBlock[] = [];
  #model: LinearFit | undefined;
  #nextFold = 0;

  constructor(options: WalkForwardOptions) {
    this.#options = options;
    this.#qr = new StreamingQr(options.features + 2);
  }

  add(block: LabelledBlock): void {
    for (let from = 0; from < block.rows; ) {
      while ((block.timeUs[from] as number) >= this.#nextStartUs) this.#beginFold();
      const to = firstAt(block.timeUs, this.#nextStartUs, from, block.rows);
      if (this.#model !== undefined) {
        const predicted = predictRows(this.#model, block.features, from, to);
        this.#options.onJudged({ block, from, to, predicted });
      }
      const known = this.#held.length > 0 ? from : this.#knownUntil(block, from, to);
      this.#learn(block, from, known);
      if (known < to) this.#held.push(copyOf(block, known, to));
      from = to;
    }
  }

  /** The model of all rows. */
  finish(): LinearFit & { readonly rows: number } {
    this.#nextFold = this.#options.foldStartsUs.length;
    this.#release();
    return { ...this.#fit(), rows: this.#qr.rows };
  }

  get #nextStartUs(): number {
    return this.#options.foldStartsUs[this.#nextFold] ?? Number.POSITIVE_INFINITY;
  }

  #beginFold(): void {
    this.#release();
    this.#model = this.#qr.rows > this.#options.features + 1 ? this.#fit() : undefined;
    this.#nextFold++;
    this.#release();
  }

  /** Learns what is known before the next fold begins. */
  #release(): void {
    const held = this.#held;
    this.#held = [];
    for (const block of held) {
      const known = this.#knownUntil(block, 0, block.rows);
      this.#learn(block, 0, known);
      if (known < block.rows) this.#held.push(known === 0 ? block : copyOf(block, known, block.rows));
    }
  }

  #knownUntil({ timeUs }: LabelledBlock, from: number, to: number): number {
    return firstAt(timeUs, this.#nextStartUs - this.#options.labelUs, from, to);
  }

  #learn({ features, target }: LabelledBlock, from: number, to: number): void {
    if (from === to) return;
    if (this.#ones.length < to) this.#ones = new Float64Array(to).fill(1);
    const columns = [this.#ones, ...features.slice(0, this.#options.features), target];
    // Prices differ in their last digits: without their common part the sums keep more of them.
    this.#offsets ??= Float64Array.from(columns, (column, index) =>
      index === 0 ? 0 : (column[from] as number),
    );
    this.#qr.push(columns, from, to, this.#offsets);
  }

  #fit(): LinearFit {
    const { features, ridge } = this.#options;
    return fitLinear(this.#qr.triangle(), features, {
      rows: this.#qr.rows,
      offsets: (this.#offsets ?? new Float64Array(features + 2)).subarray(1),
      ridge,
    });
  }
}

/** Of rising times: the first row that is not before `us`. */
function firstAt(timeUs: Float64Array, us: number, from: number, to: number): number {
  let row = from;
  while (row < to && (timeUs[row] as number) < us) row++;
  return row;
}

function copyOf(block: LabelledBlock, from: number, to: number): LabelledBlock {
  return takeRows(
    block,
    Array.from({ length: to - from }, (_, index) => from + index),
  );
}

/** @returns a prediction for each row from `from` to `to` (exclusive). */
export function predictRows(
  { intercept, coefficients }: Pick<LinearFit, 'intercept' | 'coefficients'>,
  features: readonly Float64Array[],
  from: number,
  to: number,
): Float64Array {
  const sums = new Float64Array(to - from).fill(intercept);
  for (const [index, coefficient] of coefficients.entries()) {
    const column = features[index] as Float64Array;
    for (let row = from; row < to; row++)
      sums[row - from] = (sums[row - from] as number) + coefficient * (column[row] as number);
  }
  return sums;
}
