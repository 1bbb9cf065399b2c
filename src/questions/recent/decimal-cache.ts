/**
 * The digits of numbers that are costly to write, such as averages, in blocks of an hour: they are a fraction of the
 * text of the rows, of which all else is written as fast as it is copied.
 */
import { decimalOf, NO_DECIMAL } from './decimal.ts';
import { isShort } from './json-bytes.ts';
import type { RowLayout } from './row-layout.ts';
import type { SeriesRows } from './series-rows.ts';

export interface DecimalBlock {
  /** Rows of the series. */
  readonly start: number;
  readonly end: number;
  /** The form of each number of the rows; 0 for those that are written as fast without. Empty where all are. */
  readonly forms: Uint16Array;
  /** Two integers for each of the others. */
  readonly digits: Uint32Array;
  /** How many of the others are before each row. */
  readonly starts: Uint16Array;
}

/** What is asked for ends within a block mostly, and all of it is made: so they are short. */
const BLOCK_ROWS = 60;
/** Of the objects around a block. */
const OVERHEAD_BYTES = 600;

interface Kept extends DecimalBlock {
  readonly rows: SeriesRows;
  readonly number: number;
  /** Of the rows when it was made: with the same order, first row and count they are the same rows. */
  readonly order: number;
  readonly firstUs: number;
}

export class DecimalCache {
  readonly #maxBytes: () => number;
  readonly #blocks = new WeakMap<SeriesRows, Map<number, Kept>>();
  /** Least recently used first. */
  readonly #used = new Set<Kept>();
  bytes = 0;

  /** @param maxBytes asked each time: what else is in memory leaves more room or less. */
  constructor(maxBytes: () => number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns the block that a row is in. */
  blockAt(rows: SeriesRows, row: number, layout: RowLayout): DecimalBlock {
    const spanUs = layout.stepUs * BLOCK_ROWS;
    const number = Math.floor(rows.timeAt(row) / spanUs);
    const blocks = this.#blocks.get(rows) ?? new Map<number, Kept>();
    this.#blocks.set(rows, blocks);
    const [start, end] = [rows.find(number * spanUs), rows.find((number + 1) * spanUs)];
    const known = blocks.get(number);
    const isSame =
      known?.order === rows.order &&
      known.firstUs === rows.timeAt(start) &&
      known.end - known.start === end - start;
    if (known && isSame) {
      this.#used.delete(known);
      this.#used.add(known);
      // Older rows may have gone since.
      return known.start === start ? known : { ...known, start, end };
    }
    if (known) this.#forget(known);
    const { order } = rows;
    const made = {
      ...decimalsOf(rows, start, end, layout),
      rows,
      number,
      order,
      firstUs: rows.timeAt(start),
    };
    blocks.set(number, made);
    this.#used.add(made);
    this.bytes += sizeOf(made);
    const maxBytes = this.#maxBytes();
    for (const oldest of this.#used) {
      if (this.bytes <= maxBytes) break;
      this.#forget(oldest);
    }
    return made;
  }

  #forget(block: Kept): void {
    this.#used.delete(block);
    this.#blocks.get(block.rows)?.delete(block.number);
    this.bytes -= sizeOf(block);
  }
}

function decimalsOf(
  { cells, width }: SeriesRows,
  start: number,
  end: number,
  layout: RowLayout,
): DecimalBlock {
  const slots = layout.columns
    .filter(({ kind }) => kind === 'double' || kind === 'long')
    .map(({ slot }) => slot);
  const digits: number[] = [];
  const forms = new Uint16Array((end - start) * slots.length);
  const starts = new Uint16Array(end - start);
  let index = 0;
  for (let row = start; row < end; row++) {
    starts[row - start] = digits.length / 2;
    for (const slot of slots) {
      const value = cells[row * width + slot] as number;
      const { high, low, form } = isShort(value) ? NO_DECIMAL : decimalOf(value);
      if (form !== 0) digits.push(high, low);
      forms[index++] = form;
    }
  }
  const isPlain = digits.length === 0;
  return {
    start,
    end,
    forms: isPlain ? new Uint16Array(0) : forms,
    digits: Uint32Array.from(digits),
    starts: isPlain ? new Uint16Array(0) : starts,
  };
}

function sizeOf({ digits, forms, starts }: DecimalBlock): number {
  return digits.byteLength + forms.byteLength + starts.byteLength + OVERHEAD_BYTES;
}
