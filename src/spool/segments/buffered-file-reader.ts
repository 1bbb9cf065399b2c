/** A moving window over a file: bounded memory however long the file is. */
import type { FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 1024 * 1024;

export class BufferedFileReader {
  /** The loaded bytes; the first of them stands at `start` in the file. */
  buffer: Buffer = Buffer.alloc(0);
  start = 0;
  #memory = this.buffer;
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  has(offset: number, length: number): boolean {
    return offset >= this.start && offset + length <= this.start + this.buffer.length;
  }

  /**
   * Loads at least `length` bytes from `offset` on, and more if the file has more. Views of the window stay valid.
   * @returns false at the end.
   */
  load(offset: number, length: number): Promise<boolean> {
    return this.#load(offset, Buffer.allocUnsafe(Math.max(length, CHUNK_BYTES)), length);
  }

  /** The same over the bytes that are there: nobody looks at them any more. */
  loadOver(offset: number, length: number): Promise<boolean> {
    return this.#memory.length < length
      ? this.load(offset, length)
      : this.#load(offset, this.#memory, length);
  }

  async #load(offset: number, fresh: Buffer, length: number): Promise<boolean> {
    const keptFrom = Math.max(0, offset - this.start);
    let filled = offset >= this.start ? this.buffer.copy(fresh, 0, keptFrom) : 0;
    while (filled < fresh.length) {
      const { bytesRead } = await this.#file.read(fresh, filled, fresh.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.#memory = fresh;
    this.buffer = fresh.subarray(0, filled);
    this.start = offset;
    return filled >= length;
  }
}
