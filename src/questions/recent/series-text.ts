/** Rows of a series as a JSON array, written into slabs. */
import { putDecimal } from './decimal-cell.ts';
import { MAX_VALUE_BYTES, putByte, putBytes, putDay, putNumber, putTime } from './json-bytes.ts';
import { DECIMALS, settleContent } from './row-content.ts';
import { type CellKind, CODE_RANGE, type RowLayout } from './row-layout.ts';
import { partsOf, putPart } from './text-parts.ts';
import { takeSlab } from './text-slabs.ts';

/** What the rows of a series have in common. */
export interface SeriesFacts {
  readonly shared: Readonly<Record<string, string>>;
  /** Texts by their codes; the first one is NULL. */
  readonly texts: readonly (string | null)[];
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
const SEPARATOR = ',\n';
const [OPEN, CLOSE] = [91, 93];

export function jsonOf(
  { cells, width, from, to }: CellRows,
  layout: RowLayout,
  facts: SeriesFacts,
): Buffer[] {
  const { fields, heads, end } = rowShape(layout, facts);
  const texts = partsOf(facts.texts.map((text) => JSON.stringify(text)));
  const count = fields.length / FIELD_NUMBERS;
  const words = new Uint32Array(cells.buffer);
  const rowCells = { cells, words, width, doubles: layout.doubles };
  const rowBytes =
    heads.parts.byteLength + count * Math.max(texts.longestBytes, MAX_VALUE_BYTES) + end.length;
  const pieces: Buffer[] = [];
  let slab = takeSlab(rowBytes);
  let at = putByte(slab, 0, OPEN);
  for (let row = from; row < to; row++) {
    if (at + rowBytes > slab.bytes.length) {
      pieces.push(slab.bytes.subarray(0, at));
      slab = takeSlab(rowBytes);
      at = 0;
    }
    const first = row * width;
    const hasDecimals = settleContent(rowCells, first) === DECIMALS;
    let packed = cells[first + width - 1] as number;
    for (let index = 0; index < count; index++) {
      at = putPart(slab, at, heads, index);
      const kind = fields[index * FIELD_NUMBERS] as number;
      const slot = fields[index * FIELD_NUMBERS + 1] as number;
      if (kind === DOUBLE && hasDecimals) at = putDecimal(slab, at, words, 2 * (first + slot));
      else if (kind === DOUBLE || kind === LONG) at = putNumber(slab, at, cells, first + slot);
      else if (kind === TIME) at = putTime(slab, at, cells, first + slot);
      else if (kind === END) at = putTime(slab, at, cells, first, layout.stepUs);
      else if (kind === CODE) {
        // They come in the order of their slots. `%` of doubles is a call.
        const rest = Math.floor(packed / CODE_RANGE);
        at = putPart(slab, at, texts, packed - rest * CODE_RANGE);
        packed = rest;
      } else if (kind === DAY) at = putDay(slab, at, Math.floor((cells[first] as number) / DAY_US));
      else at = putDay(slab, at, cells[first + slot] as number);
    }
    at = putBytes(slab, at, end);
  }
  // Without what stands between two rows.
  if (to > from) at -= SEPARATOR.length;
  at = putByte(slab, at, CLOSE);
  pieces.push(slab.bytes.subarray(0, at));
  return pieces;
}

const CODE_PLACES = [1, CODE_RANGE, CODE_RANGE ** 2];

/** @returns which text a column has, out of the number that several share. */
export function codeOf(packed: number, slot: number): number {
  return Math.floor(packed / (CODE_PLACES[slot] as number)) % CODE_RANGE;
}

const [DOUBLE, LONG, TIME, END, DAY, DATE, CODE, SHARED] = [0, 1, 2, 3, 4, 5, 6, 7];
const KINDS: Readonly<Record<CellKind, number>> = {
  double: DOUBLE,
  long: LONG,
  timestamp: TIME,
  end: END,
  day: DAY,
  date: DATE,
  code: CODE,
  shared: SHARED,
};
/** Of a field: its kind, and its slot. */
const FIELD_NUMBERS = 2;

/** The values of a row, and what is the same in all rows before each of them, and behind the last. */
function rowShape({ columns }: RowLayout, { shared }: SeriesFacts) {
  const fields: number[] = [];
  const heads: string[] = [];
  let text = '';
  for (const [index, { name, kind, slot }] of columns.entries()) {
    text += `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`;
    if (kind === 'shared') {
      text += JSON.stringify(shared[name] ?? null);
      continue;
    }
    fields.push(KINDS[kind], slot);
    heads.push(text);
    text = '';
  }
  return {
    fields: Int32Array.from(fields),
    heads: partsOf(heads),
    end: Buffer.from(`${text}}${SEPARATOR}`),
  };
}
