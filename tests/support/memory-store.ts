/** A table in memory, for tests: the same contract as a disk, without one. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LakeError } from '../../src/base/errors.ts';
import { compareUtf8 } from '../../src/delta/format/stats-strings.ts';
import type { StoreEntry, TableStore } from '../../src/delta/store/table-store.ts';

export class MemoryStore implements TableStore {
  readonly location = 'memory';
  readonly folder = undefined;
  readonly #entries = new Map<string, { readonly bytes: Uint8Array; readonly modifiedMs: number }>();

  async list(
    folder: string,
    options: { readonly from?: string; readonly recursive?: boolean } = {},
  ): Promise<StoreEntry[]> {
    const prefix = folder === '' ? '' : `${folder}/`;
    return [...this.#entries]
      .filter(([name]) => name.startsWith(prefix))
      .filter(([name]) => options.recursive || !name.slice(prefix.length).includes('/'))
      .filter(
        ([name]) =>
          options.from === undefined || compareUtf8(name.slice(name.lastIndexOf('/') + 1), options.from) >= 0,
      )
      .map(([name, { bytes, modifiedMs }]) => ({ name, sizeBytes: bytes.byteLength, modifiedMs }))
      .sort((a, b) => compareUtf8(a.name, b.name));
  }

  async listNames(folder: string, from?: string): Promise<string[]> {
    return (await this.list(folder, from === undefined ? {} : { from })).map(({ name }) => name);
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    return this.#entries.get(name)?.bytes;
  }

  readImmutable(name: string): Promise<Uint8Array | undefined> {
    return this.read(name);
  }

  async moveIn(name: string, path: string): Promise<number> {
    const bytes = readFileSync(path);
    await this.put(name, bytes);
    rmSync(path);
    return bytes.byteLength;
  }

  async download(name: string, path: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (!entry) throw new LakeError('TABLE_DAMAGED', `the data file \`${name}\` is missing`);
    writeFileSync(path, entry.bytes);
  }

  async localPaths(): Promise<string[]> {
    throw new Error('no engine reads files of the memory');
  }

  async putIfAbsent(name: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    if (this.#entries.has(name)) return 'exists';
    await this.put(name, bytes);
    return 'created';
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    this.#entries.set(name, { bytes, modifiedMs: Date.now() });
  }

  async putFile(name: string, write: (enginePath: string) => void): Promise<number> {
    const folder = mkdtempSync(join(tmpdir(), 'crypto-lake-'));
    try {
      write(join(folder, 'file'));
      const bytes = readFileSync(join(folder, 'file'));
      await this.put(name, bytes);
      return bytes.byteLength;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  async delete(name: string): Promise<void> {
    this.#entries.delete(name);
  }

  enginePath(name: string): string {
    return `memory:${name}`;
  }
}
