/** What the cells of the doubles of a row are: as they were read, or digits once somebody wanted their text. */
import { setDecimal } from './decimal-cell.ts';
import { isShort } from './json-bytes.ts';
import { CONTENT_UNIT } from './row-layout.ts';

/** Nobody has looked; doubles whose text takes arithmetic alone, or which have no plain decimal; the decimals of doubles. */
export const [AS_READ, PLAIN, DECIMALS] = [0, 1, 2];

export interface RowCells {
  readonly cells: Float64Array;
  /** The same memory. */
  readonly words: Uint32Array;
  readonly width: number;
  /** The slots of doubles. */
  readonly doubles: Int32Array;
}

export function contentOf({ cells, width }: Pick<RowCells, 'cells' | 'width'>, first: number): number {
  return Math.floor((cells[first + width - 1] as number) / CONTENT_UNIT);
}

/** @param first cell of the row. @returns {@link PLAIN} or {@link DECIMALS}. */
export function settleContent(row: RowCells, first: number): number {
  const known = contentOf(row, first);
  if (known !== AS_READ) return known;
  const { cells, width, doubles } = row;
  const isPlain = doubles.every((slot) => isShort(cells[first + slot] as number));
  const content = isPlain || !toDecimals(row, first) ? PLAIN : DECIMALS;
  cells[first + width - 1] = (cells[first + width - 1] as number) + content * CONTENT_UNIT;
  return content;
}

let scratch = new Uint32Array(128);

/** All of them or none: @returns false. */
function toDecimals({ cells, words, doubles }: RowCells, first: number): boolean {
  if (scratch.length < 2 * doubles.length) scratch = new Uint32Array(2 * doubles.length);
  for (let index = 0; index < doubles.length; index++)
    if (!setDecimal(scratch, 2 * index, cells[first + (doubles[index] as number)] as number)) return false;
  for (let index = 0; index < doubles.length; index++) {
    const at = 2 * (first + (doubles[index] as number));
    words[at] = scratch[2 * index] as number;
    words[at + 1] = scratch[2 * index + 1] as number;
  }
  return true;
}
