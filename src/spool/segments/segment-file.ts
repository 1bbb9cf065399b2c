/** The segment file that is being written: append and sync, and getting hold of it again after an error. */
import { constants, existsSync, writeSync } from 'node:fs';
import { type FileHandle, mkdir, type open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../base/durable/sync-path.ts';
import { systemCodeOf } from '../../base/errors.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES } from './segment-header.ts';

export interface SegmentFileOptions {
  readonly folder: string;
  readonly segment: number;
  readonly createdAtUs: number;
  readonly marker: Buffer;
  /** Opens files; a test passes one that fails. */
  readonly openFile: typeof open;
}

const COPY_BYTES = 1024 * 1024;
const NEW_FILE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;

export function segmentPath(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(10, '0')}.segment`);
}

/** The number in a segment's file name, or undefined for any other file. */
export function segmentNumber(name: string): number | undefined {
  const digits = /^(\d{10})\.segment$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export class SegmentFile {
  readonly segment: number;
  readonly #path: string;
  readonly #openFile: typeof open;
  #file: FileHandle;
  /** Everything before is durable and whole. */
  #goodBytes = SEGMENT_HEADER_BYTES;
  /** The length of the append under way; 0 without one. */
  #appendingBytes = 0;
  /** So much of what comes next is written already. */
  #aheadBytes = 0;
  /** The last append failed, and comes again: nothing can follow it yet. */
  #hasFailed = false;

  static async create({ openFile, ...options }: SegmentFileOptions): Promise<SegmentFile> {
    const path = segmentPath(options.folder, options.segment);
    const file = await openFile(path, NEW_FILE, 0o644);
    try {
      await writeAll(file, encodeSegmentHeader(options), 0);
      await file.datasync();
      await syncFolder(options.folder);
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(path, { force: true }).catch(() => undefined);
      throw error;
    }
    return new SegmentFile(options.segment, path, file, openFile);
  }

  private constructor(segment: number, path: string, file: FileHandle, openFile: typeof open) {
    this.segment = segment;
    this.#path = path;
    this.#file = file;
    this.#openFile = openFile;
  }

  get sizeBytes(): number {
    return this.#goodBytes;
  }

  /**
   * Hands the bytes that will be appended next to the system at once, without a thread of the pool, which may wait for
   * other files: a process that is killed then leaves them in the file. What it could not do, `append` does.
   */
  writeAhead(bytes: Buffer): void {
    if (this.#appendingBytes === 0) this.#write(bytes);
  }

  /** The same for what follows the append under way, or the one just made; call it again when that has grown. */
  writeFollowing(bytes: Buffer): void {
    if (!this.#hasFailed) this.#write(bytes);
  }

  /**
   * Durable when it resolves. After a rejection the same bytes have to be appended again: they go to the same place,
   * over whatever part of them had got there.
   */
  async append(bytes: Buffer): Promise<void> {
    const isWritten = this.#aheadBytes === bytes.length;
    this.#appendingBytes = bytes.length;
    this.#aheadBytes = 0;
    try {
      if (!isWritten) await writeAll(this.#file, bytes, this.#goodBytes);
      await this.#file.datasync();
      this.#goodBytes += bytes.length;
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      this.#aheadBytes = 0;
      throw error;
    } finally {
      this.#appendingBytes = 0;
    }
  }

  #write(bytes: Buffer): void {
    const length = bytes.length - this.#aheadBytes;
    const position = this.#goodBytes + this.#appendingBytes + this.#aheadBytes;
    try {
      this.#aheadBytes += writeSync(this.#file.fd, bytes, this.#aheadBytes, length, position);
    } catch {
      // `append` will meet the same trouble, and say so.
    }
  }

  /** Opens the file anew: a handle from before a remount stays useless for ever. */
  async reopen(): Promise<void> {
    const fresh = await this.#openFile(this.#path, constants.O_RDWR);
    await this.#file.close().catch(() => undefined);
    this.#file = fresh;
    this.#aheadBytes = 0;
  }

  /**
   * Makes the folder anew when it was deleted with the file in it. One that was moved, or whose disk is not mounted, comes
   * back by itself: until then all goes on through our handle.
   *
   * @returns whether the folder is there.
   */
  async restoreFolder(): Promise<boolean> {
    const folder = dirname(this.#path);
    if (existsSync(folder)) return true;
    if ((await this.#file.stat()).nlink > 0) return false;
    await mkdir(folder, { recursive: true });
    return true;
  }

  /** Brings the file back when it was deleted underneath: its content still hangs on our handle. */
  async recreateIfDeleted(): Promise<void> {
    try {
      await stat(this.#path);
      return;
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
    }
    if (!(await this.restoreFolder())) return;
    const folder = dirname(this.#path);
    const fresh = await this.#openFile(this.#path, NEW_FILE, 0o644);
    try {
      await copyStart(this.#file, fresh, this.#goodBytes);
      await fresh.datasync();
      await syncFolder(folder);
    } catch (error) {
      await fresh.close().catch(() => undefined);
      await rm(this.#path, { force: true }).catch(() => undefined);
      throw error;
    }
    await this.#file.close().catch(() => undefined);
    this.#file = fresh;
    this.#aheadBytes = 0;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async closeAndDelete(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}

/** A short write is how a disk says that it is nearly full: the next one tells why. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const result = await file.write(bytes, written, bytes.length - written, position + written);
    written += result.bytesWritten;
  }
}

async function copyStart(from: FileHandle, to: FileHandle, length: number): Promise<void> {
  const chunk = Buffer.allocUnsafe(COPY_BYTES);
  for (let offset = 0; offset < length; ) {
    const { bytesRead } = await from.read(chunk, 0, Math.min(chunk.length, length - offset), offset);
    if (bytesRead === 0) throw new Error('the deleted segment cannot be read any more');
    await writeAll(to, chunk.subarray(0, bytesRead), offset);
    offset += bytesRead;
  }
}
