/** Row groups that may have rows of a series in a span, by what the footer says of them. */
import type { DataFooter, StoredGroup } from '../../parquet/data-footer.ts';
import type { Series } from '../series-source.ts';

/** Writers cut long maxima, some of them to what is no bound at all. */
const LONGEST_BOUND = 32;

export interface Wanted extends Series {
  /** Inclusive and exclusive, in microseconds. */
  readonly fromUs: number;
  readonly toUs: number;
}

/** @param footer with the bounds of the symbol, and then of the time. */
export function chooseGroups({ groups }: DataFooter, { symbol, fromUs, toUs }: Wanted): StoredGroup[] {
  const text = Buffer.from(symbol);
  return groups.filter(({ bounds: [symbols, times] }) => {
    const [least, most] = symbols ?? [];
    const [first, last] = times ?? [];
    if (least && Buffer.compare(least, text) > 0) return false;
    if (most && most.length < LONGEST_BOUND && Buffer.compare(most, text) < 0) return false;
    return !(first && microsOf(first) >= toUs) && !(last && microsOf(last) < fromUs);
  });
}

/** Of a time that a double does not hold, what is near to it. */
function microsOf(bytes: Uint8Array): number {
  return bytes.length === 8 ? Number(Buffer.from(bytes).readBigInt64LE()) : Number.NaN;
}
