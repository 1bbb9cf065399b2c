/** A moving window over a file: bounded memory however long the file is. Views of it stay valid after it moved on. */
import type { FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 1024 * 1024;

export class FileWindow {
  /** The loaded bytes; the first of them stands at `start` in the file. */
  buffer: Buffer = Buffer.alloc(0);
  start = 0;
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  has(offset: number, length: number): boolean {
    return offset >= this.start && offset + length <= this.start + this.buffer.length;
  }

  /** Loads at least `length` bytes from `offset` on, and more if the file has more. @returns false at the end. */
  async load(offset: number, length: number): Promise<boolean> {
    const fresh = Buffer.allocUnsafe(Math.max(length, CHUNK_BYTES));
    const keptFrom = Math.max(0, offset - this.start);
    let filled = offset >= this.start ? this.buffer.copy(fresh, 0, keptFrom) : 0;
    while (filled < fresh.length) {
      const { bytesRead } = await this.#file.read(fresh, filled, fresh.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.buffer = fresh.subarray(0, filled);
    this.start = offset;
    return filled >= length;
  }
}
