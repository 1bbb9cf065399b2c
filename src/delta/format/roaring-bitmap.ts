/**
 * Roaring bitmaps of row numbers, unpacked into plain ones: 8 rows a byte, whatever number of them is deleted.
 * Source: Roaring format specification, "64-bit portable".
 */
const SERIAL_COOKIE_NO_RUN = 12346;
const SERIAL_COOKIE = 12347;
const NO_OFFSET_THRESHOLD = 4;
const CONTAINER_ROWS = 65_536;
const CONTAINER_BYTES = CONTAINER_ROWS / 8;
/** A container of at most so many rows lists them. */
const MAX_LISTED = 4096;
/** More rows than a Parquet file of any writer has: what lies beyond is no row number. */
const MAX_ROWS = 2 ** 31;

export interface RowSet {
  /** Row n is bit n % 8 of byte n / 8; rows beyond the end are not in it. */
  readonly bits: Uint8Array;
  readonly size: number;
}

/** @throws RangeError for a text that ends too early; Error for one that is no bitmap of row numbers. */
export function readRoaring(bytes: Buffer): RowSet {
  const rows = new Rows();
  const count = Number(bytes.readBigUInt64LE(0));
  let offset = 8;
  for (let bitmap = 0; bitmap < count; bitmap++) {
    const high = bytes.readUInt32LE(offset) * 2 ** 32;
    offset = readBitmap32(bytes, offset + 4, high, rows);
  }
  return rows;
}

class Rows implements RowSet {
  bits: Uint8Array = new Uint8Array(CONTAINER_BYTES);
  size = 0;

  /** @param base of a container: its bytes are there afterwards. */
  reserve(base: number): void {
    if (base >= MAX_ROWS) throw new Error('it names rows that no file has');
    const needed = (base + CONTAINER_ROWS) / 8;
    if (needed <= this.bits.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bits.length * 2));
    grown.set(this.bits);
    this.bits = grown;
  }

  add(row: number): void {
    this.bits[row >> 3] = (this.bits[row >> 3] ?? 0) | (1 << (row & 7));
    this.size++;
  }
}

/** @returns the offset behind the bitmap. */
function readBitmap32(bytes: Buffer, start: number, high: number, rows: Rows): number {
  const cookie = bytes.readUInt32LE(start);
  const hasRuns = (cookie & 0xffff) === SERIAL_COOKIE;
  if (!hasRuns && cookie !== SERIAL_COOKIE_NO_RUN) throw new Error('its bitmap is unknown');
  const containers = hasRuns ? (cookie >>> 16) + 1 : bytes.readUInt32LE(start + 4);
  let offset = start + (hasRuns ? 4 : 8);
  const runFlags = bytes.subarray(offset, offset + (hasRuns ? Math.ceil(containers / 8) : 0));
  offset += runFlags.length;
  const keys = offset;
  offset += containers * 4;
  if (!hasRuns || containers >= NO_OFFSET_THRESHOLD) offset += containers * 4;
  for (let index = 0; index < containers; index++) {
    const base = high + bytes.readUInt16LE(keys + index * 4) * CONTAINER_ROWS;
    const cardinality = bytes.readUInt16LE(keys + index * 4 + 2) + 1;
    rows.reserve(base);
    const isRun = hasRuns && ((runFlags[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
    if (isRun) offset = readRuns(bytes, offset, base, rows);
    else if (cardinality <= MAX_LISTED) {
      for (let i = 0; i < cardinality; i++, offset += 2) rows.add(base + bytes.readUInt16LE(offset));
    } else {
      if (offset + CONTAINER_BYTES > bytes.length) throw new RangeError('it is cut short');
      rows.bits.set(bytes.subarray(offset, offset + CONTAINER_BYTES), base / 8);
      rows.size += cardinality;
      offset += CONTAINER_BYTES;
    }
  }
  return offset;
}

function readRuns(bytes: Buffer, start: number, base: number, rows: Rows): number {
  let offset = start + 2;
  for (let runs = bytes.readUInt16LE(start); runs > 0; runs--, offset += 4) {
    const first = bytes.readUInt16LE(offset);
    const last = Math.min(first + bytes.readUInt16LE(offset + 2), CONTAINER_ROWS - 1);
    for (let row = first; row <= last; row++) rows.add(base + row);
  }
  return offset;
}
