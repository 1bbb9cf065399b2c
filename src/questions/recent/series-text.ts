/** Rows of a series as a JSON array, written into slabs. */
import { putDecimal } from './decimal.ts';
import type { DecimalBlock } from './decimal-cache.ts';
import { MAX_VALUE_BYTES, putByte, putBytes, putDay, putNumber, putTime } from './json-bytes.ts';
import { type CellKind, CODE_RANGE, type RowLayout } from './row-layout.ts';
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
const NO_FORMS = -1;

/** @param decimalsAt the digits of numbers of the block that a row is in, where somebody has them. */
export function jsonOf(
  { cells, width, from, to }: CellRows,
  layout: RowLayout,
  facts: SeriesFacts,
  decimalsAt: (row: number) => DecimalBlock | undefined,
): Buffer[] {
  const { fields, heads, end } = rowShape(layout, facts);
  const texts = facts.texts.map((text) => Buffer.from(JSON.stringify(text)));
  const longest = texts.reduce((most, { length }) => Math.max(most, length), MAX_VALUE_BYTES);
  const numbers = fields.filter(({ kind }) => kind === NUMBER).length;
  const rowBytes = heads.byteLength + fields.length * longest + end.length;
  const pieces: Buffer[] = [];
  let slab = takeSlab(rowBytes);
  let at = putByte(slab, 0, OPEN);
  let block: DecimalBlock | undefined;
  for (let row = from; row < to; row++) {
    if (at + rowBytes > slab.bytes.length) {
      pieces.push(slab.bytes.subarray(0, at));
      slab = takeSlab(rowBytes);
      at = 0;
    }
    if (row === from || (block && row >= block.end)) block = decimalsAt(row);
    let decimal = NO_FORMS;
    let digits = 0;
    if (block && block.forms.length > 0) {
      decimal = (row - block.start) * numbers;
      digits = 2 * (block.starts[row - block.start] as number);
    }
    const first = row * width;
    const { view } = slab;
    for (let index = 0; index < fields.length; index++) {
      const { kind, slot, headStart, headEnd, headBytes } = fields[index] as Field;
      // Eight bytes at a time; what comes too many is written over by what comes next.
      for (let part = headStart; part < headEnd; part++)
        view.setFloat64(at + (part - headStart) * 8, heads[part] as number, true);
      at += headBytes;
      const value = cells[first + slot] as number;
      if (kind === NUMBER) {
        const form = block && decimal !== NO_FORMS ? (block.forms[decimal++] as number) : 0;
        if (block === undefined || form === 0) at = putNumber(slab, at, value);
        else {
          at = putDecimal(slab, at, block.digits[digits] as number, block.digits[digits + 1] as number, form);
          digits += 2;
        }
      } else if (kind === TIME) at = putTime(slab, at, value);
      else if (kind === END) at = putTime(slab, at, (cells[first] as number) + layout.stepUs);
      else if (kind === DAY) at = putDay(slab, at, Math.floor((cells[first] as number) / DAY_US));
      else if (kind === DATE) at = putDay(slab, at, value);
      else at = putBytes(slab, at, texts[codeOf(cells[first + width - 1] as number, slot)] as Buffer);
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

interface Field {
  readonly kind: number;
  readonly slot: number;
  /** What stands before the value: a part of `heads`, of which so many bytes count. */
  readonly headStart: number;
  readonly headEnd: number;
  readonly headBytes: number;
}

const [NUMBER, TIME, END, DAY, DATE, CODE] = [0, 1, 2, 3, 4, 5];
const KINDS: Readonly<Record<Exclude<CellKind, 'shared'>, number>> = {
  double: NUMBER,
  long: NUMBER,
  timestamp: TIME,
  end: END,
  day: DAY,
  date: DATE,
  code: CODE,
};

/** The values of a row, and what is the same in all rows before each of them, and behind the last. */
function rowShape({ columns }: RowLayout, { shared }: SeriesFacts) {
  const fields: Field[] = [];
  const heads: number[] = [];
  let text = '';
  for (const [index, { name, kind, slot }] of columns.entries()) {
    text += `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`;
    if (kind === 'shared') {
      text += JSON.stringify(shared[name] ?? null);
      continue;
    }
    const headBytes = Buffer.byteLength(text);
    const headStart = heads.length;
    const padded = Buffer.alloc(Math.ceil(headBytes / 8) * 8);
    padded.write(text);
    // Bytes of UTF-8 never make a NaN, whose bits a copy would not keep.
    for (let at = 0; at < padded.length; at += 8) heads.push(padded.readDoubleLE(at));
    fields.push({ kind: KINDS[kind], slot, headStart, headEnd: heads.length, headBytes });
    text = '';
  }
  return { fields, heads: Float64Array.from(heads), end: Buffer.from(`${text}}${SEPARATOR}`) };
}
