/** Rows of a series as JSON, with the place of each, so that an answer is a piece of it. */

import { MAX_VALUE_BYTES, putBytes, putDay, putNumber, putTime } from './json-bytes.ts';
import { CODE_RANGE, type LaidColumn, type RowLayout } from './row-layout.ts';

/** What the rows of a series have in common. */
export interface SeriesFacts {
  readonly shared: Readonly<Record<string, string>>;
  /** Texts by their codes; the first one is NULL. */
  readonly texts: readonly (string | null)[];
}

export interface SeriesText {
  /** Rows as objects, a comma and a line break after each. */
  readonly bytes: Buffer;
  /** Where each row begins, and where the last one ends. */
  readonly starts: Uint32Array;
}

/** Some rows out of the numbers of a series. */
export interface CellRows {
  readonly cells: Float64Array;
  readonly width: number;
  readonly from: number;
  readonly to: number;
}

export const DAY_US = 86_400_000_000;
/** Between two rows, as in every JSON answer. */
export const SEPARATOR = Buffer.from(',\n');

export function textOf(
  { cells, width, from, to }: CellRows,
  layout: RowLayout,
  facts: SeriesFacts,
): SeriesText {
  const length = to - from;
  const fields = layout.columns.map((column, index) => fieldOf(column, index, facts));
  const texts = facts.texts.map((text) => Buffer.from(JSON.stringify(text)));
  const longest = texts.reduce((most, { length: size }) => Math.max(most, size), MAX_VALUE_BYTES);
  const rowBytes = fields.reduce((sum, { head }) => sum + head.length + longest, SEPARATOR.length + 1);
  const out = roomFor(rowBytes * length);
  const starts = new Uint32Array(length + 1);
  let at = 0;
  for (let row = 0; row < length; row++) {
    starts[row] = at;
    const first = (from + row) * width;
    for (const { head, kind, slot } of fields) {
      at = putBytes(out, at, head);
      const value = cells[first + slot] as number;
      if (kind === 'double' || kind === 'long') at = putNumber(out, at, value);
      else if (kind === 'timestamp') at = putTime(out, at, value);
      else if (kind === 'end') at = putTime(out, at, (cells[first] as number) + layout.stepUs);
      else if (kind === 'day') at = putDay(out, at, Math.floor((cells[first] as number) / DAY_US));
      else if (kind === 'date') at = putDay(out, at, value);
      else if (kind === 'code')
        at = putBytes(out, at, texts[codeOf(cells[first + width - 1] as number, slot)] as Buffer);
    }
    out[at++] = 125;
    at = putBytes(out, at, SEPARATOR);
  }
  starts[length] = at;
  return { bytes: Buffer.from(out.subarray(0, at)), starts };
}

/** Where texts are written before their length is known; one that is larger has a piece of its own. */
const SCRATCH = Buffer.allocUnsafeSlow(2 ** 18);

function roomFor(size: number): Buffer {
  return size <= SCRATCH.length ? SCRATCH : Buffer.allocUnsafeSlow(size);
}

/** @returns which text a column has, out of the number that several share. */
export function codeOf(packed: number, slot: number): number {
  return Math.floor(packed / CODE_RANGE ** slot) % CODE_RANGE;
}

function fieldOf({ name, kind, slot }: LaidColumn, index: number, { shared }: SeriesFacts) {
  const key = `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`;
  const head = kind === 'shared' ? `${key}${JSON.stringify(shared[name] ?? null)}` : key;
  return { head: Buffer.from(head), kind, slot };
}
