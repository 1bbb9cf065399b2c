/** A table in memory, for tests: the same contract as a disk, without one. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareUtf8 } from '../../src/delta/format/stats-strings.ts';
import type { StoreEntry, TableStore } from '../../src/delta/store/table-store.ts';

export class MemoryStore implements TableStore {
  readonly location = 'memory';
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
