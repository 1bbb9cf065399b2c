/** Footers of data files, which never change: the last ones that were asked for stay in memory. */
import { type FileHandle, open } from 'node:fs/promises';
import { type DataFooter, LARGEST_FILE_BYTES, readDataFooter } from './data-footer.ts';

/** Most footers are not longer. */
const TAIL_BYTES = 2 ** 16;
const LARGEST_FOOTER_BYTES = 4 * 2 ** 20;
const END_BYTES = 8;
const KEPT_BYTES = 4 * 2 ** 20;
/** What a group or a file takes beside its columns. */
const GROUP_BYTES = 600;

export class DataFooters {
  /** Newest use last. */
  readonly #kept = new Map<string, DataFooter>();
  #bytes = 0;

  /** About as many as are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @param bounded the columns whose bounds are kept, always the same ones of a file.
   * @throws Error for a file that is not there, or not one that can be read so.
   */
  async footerOf(path: string, bounded: readonly string[]): Promise<DataFooter> {
    const known = this.#kept.get(path);
    const footer = known ?? (await readFooter(path, bounded));
    this.#drop(path);
    this.#kept.set(path, footer);
    this.#bytes += bytesOf(footer);
    for (const [oldest] of this.#kept) {
      if (this.#bytes <= KEPT_BYTES) break;
      this.#drop(oldest);
    }
    return footer;
  }

  #drop(path: string): void {
    const footer = this.#kept.get(path);
    if (footer === undefined) return;
    this.#kept.delete(path);
    this.#bytes -= bytesOf(footer);
  }
}

function bytesOf({ columns, groups }: DataFooter): number {
  return GROUP_BYTES + (groups.length + 1) * (GROUP_BYTES + columns.length * 9);
}

async function readFooter(path: string, bounded: readonly string[]): Promise<DataFooter> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > LARGEST_FILE_BYTES) throw new Error('a file that is too large');
    let tail = await bytesAt(file, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES));
    const footerBytes = tail.readUInt32LE(tail.length - END_BYTES);
    if (tail.toString('latin1', tail.length - 4) !== 'PAR1' || footerBytes > LARGEST_FOOTER_BYTES)
      throw new Error('no Parquet file');
    const wantedBytes = footerBytes + END_BYTES;
    if (wantedBytes > tail.length) tail = await bytesAt(file, size - wantedBytes, wantedBytes);
    return readDataFooter(tail.subarray(tail.length - wantedBytes, tail.length - END_BYTES), bounded);
  } finally {
    await file.close();
  }
}

async function bytesAt(file: FileHandle, start: number, count: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(count);
  const { bytesRead } = await file.read(bytes, 0, count, start);
  if (bytesRead < count) throw new Error('a file that ends too early');
  return bytes;
}
