/** The segment file that is being written: append and sync, and repair after an error. */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '../errors.ts';
import { encodeHeader, HEADER_BYTES } from './segment-format.ts';

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
  #file: FileHandle;
  /** Everything before is durable and whole. */
  #goodBytes: number;

  static async create(folder: string, segment: number): Promise<SegmentFile> {
    const path = segmentPath(folder, segment);
    await mkdir(folder, { recursive: true });
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o644);
    try {
      await file.write(encodeHeader(segment));
      await file.datasync();
      await syncFolder(folder);
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(path, { force: true }).catch(() => undefined);
      throw error;
    }
    return new SegmentFile(segment, path, file, HEADER_BYTES);
  }

  private constructor(segment: number, path: string, file: FileHandle, goodBytes: number) {
    this.segment = segment;
    this.#path = path;
    this.#file = file;
    this.#goodBytes = goodBytes;
  }

  get sizeBytes(): number {
    return this.#goodBytes;
  }

  /** Durable when it resolves; after a rejection `repair` has to come first. */
  async append(bytes: Buffer): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const result = await this.#file.write(
        bytes,
        written,
        bytes.length - written,
        this.#goodBytes + written,
      );
      written += result.bytesWritten;
    }
    await this.#file.datasync();
    this.#goodBytes += bytes.length;
  }

  /** Cuts off what a failed append may have left. */
  async repair(): Promise<void> {
    await this.#file.truncate(this.#goodBytes);
  }

  /** Brings the file back when it was deleted underneath: its content still hangs on our handle. */
  async recreateIfDeleted(): Promise<boolean> {
    try {
      await stat(this.#path);
      return false;
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
    }
    const content = Buffer.alloc(this.#goodBytes);
    await this.#file.read(content, 0, content.length, 0);
    await mkdir(dirname(this.#path), { recursive: true });
    const file = await open(this.#path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o644);
    await file.write(content, 0, content.length, 0);
    await file.datasync();
    await syncFolder(dirname(this.#path));
    await this.#file.close();
    this.#file = file;
    return true;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
