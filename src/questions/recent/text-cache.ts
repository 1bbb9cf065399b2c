/**
 * Rows of series as JSON, in blocks of an hour: an answer is made of pieces of them, and a new row makes the text of its
 * block alone anew.
 */
import type { RowLayout } from './row-layout.ts';
import type { SeriesRows } from './series-rows.ts';
import { type SeriesFacts, type SeriesText, textOf } from './series-text.ts';

/** What is asked for ends within a block mostly, and all of it is written: so they are short. */
const BLOCK_ROWS = 60;

interface Block extends SeriesText {
  readonly rows: SeriesRows;
  readonly number: number;
  /** Of the rows when the text was made: with the same order, first row and count they are the same rows. */
  readonly order: number;
  readonly firstUs: number;
  readonly count: number;
}

export class TextCache {
  readonly #maxBytes: () => number;
  readonly #blocks = new WeakMap<SeriesRows, Map<number, Block>>();
  /** Least recently used first. */
  readonly #used = new Set<Block>();
  bytes = 0;

  /** @param maxBytes asked each time: what else is in memory leaves more room or less. */
  constructor(maxBytes: () => number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns the text of the rows in pieces; each row has a comma and a line break behind it. */
  pieces(rows: SeriesRows, from: number, to: number, layout: RowLayout, facts: SeriesFacts): Buffer[] {
    const spanUs = layout.stepUs * BLOCK_ROWS;
    const found: Buffer[] = [];
    for (let row = from; row < to; ) {
      const number = Math.floor(rows.timeAt(row) / spanUs);
      const start = rows.find(number * spanUs);
      const end = rows.find((number + 1) * spanUs);
      const { bytes, starts } = this.#block(rows, number, start, end, layout, facts);
      const last = Math.min(to, end);
      found.push(bytes.subarray(starts[row - start], starts[last - start]));
      row = last;
    }
    return found;
  }

  #block(
    rows: SeriesRows,
    number: number,
    start: number,
    end: number,
    layout: RowLayout,
    facts: SeriesFacts,
  ): Block {
    const blocks = this.#blocks.get(rows) ?? new Map<number, Block>();
    this.#blocks.set(rows, blocks);
    const { order, cells, width } = rows;
    const [firstUs, count] = [rows.timeAt(start), end - start];
    const known = blocks.get(number);
    if (known && known.order === order && known.firstUs === firstUs && known.count === count) {
      this.#used.delete(known);
      this.#used.add(known);
      return known;
    }
    if (known) this.#forget(known);
    const text = textOf({ cells, width, from: start, to: end }, layout, facts);
    const made = { ...text, rows, number, order, firstUs, count };
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

  #forget(block: Block): void {
    this.#used.delete(block);
    this.#blocks.get(block.rows)?.delete(block.number);
    this.bytes -= sizeOf(block);
  }
}

function sizeOf({ bytes, starts }: SeriesText): number {
  return bytes.length + starts.byteLength;
}
