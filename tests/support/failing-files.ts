/** Files that refuse on demand, for disks that are full, read-only or broken. */
import { type FileHandle, open } from 'node:fs/promises';

export interface FailingFiles {
  readonly openFile: typeof open;
  /** The code with which each step fails until it is taken away. */
  readonly failing: { open?: string; write?: string; sync?: string };
  /** A failing write puts so many bytes into the file first. */
  partialBytes: number;
  /** Syncs wait for it. */
  gate: Promise<void>;
}

export function failingFiles(): FailingFiles {
  const files: FailingFiles = {
    failing: {},
    partialBytes: 0,
    gate: Promise.resolve(),
    openFile: async (path, flags, mode) => {
      if (files.failing.open) throw failure(files.failing.open);
      return wrap(await open(path, flags, mode), files);
    },
  };
  return files;
}

function wrap(file: FileHandle, files: FailingFiles): FileHandle {
  const write = file.write.bind(file) as (...given: unknown[]) => Promise<unknown>;
  const datasync = file.datasync.bind(file);
  const { fd } = file;
  // What is written without the pool fails alike.
  Object.defineProperty(file, 'fd', {
    get() {
      if (files.failing.write) throw failure(files.failing.write);
      return fd;
    },
  });
  return Object.assign(file, {
    async write(bytes: Buffer, offset: number, length: number, position: number) {
      if (!files.failing.write) return write(bytes, offset, length, position);
      await write(bytes, offset, Math.min(length, files.partialBytes), position);
      throw failure(files.failing.write);
    },
    async datasync() {
      await files.gate;
      if (files.failing.sync) throw failure(files.failing.sync);
      await datasync();
    },
  });
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
