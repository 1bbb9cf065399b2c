/**
 * A table on a local file system. A commit is: temporary file, fsync, hard link to the final name (fails when it is
 * there), fsync of the folder. Source: Delta protocol, "Creation of New Log Entries".
 *
 * Reads and writes are synchronous calls: each takes microseconds, its way through the thread pool several times that.
 * Collectors commit in a thread of their own, so that a slow disk holds nothing else up.
 */
import { linkSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { copyFile, lstat, readdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { mkdirDurable } from '../../base/durable/mkdir-durable.ts';
import { syncPath } from '../../base/durable/sync-path.ts';
import { writeSyncedBlocking } from '../../base/durable/write-synced.ts';
import { LakeError, systemCodeOf } from '../../base/errors.ts';
import { compareUtf8 } from '../format/stats-strings.ts';
import type { ListOptions, StepHook, StoreEntry, TableStore } from './table-store.ts';

/** Errors that mean "this file system has no hard links". */
const NO_LINKS: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EXDEV',
  'ENOSYS',
  'EMLINK',
]);

export class LocalStore implements TableStore {
  readonly location: string;
  readonly #step: StepHook;
  readonly #folders = new Set<string>();

  get folder(): string {
    return this.location;
  }

  constructor(root: string, step: StepHook = () => undefined) {
    this.location = resolve(root);
    this.#step = step;
  }

  enginePath(name: string): string {
    const path = join(this.location, name);
    if (path !== this.location && !path.startsWith(this.location + sep)) {
      throw new LakeError('TABLE_DAMAGED', `the table \`${this.location}\` names a file outside of itself`, {
        hint: 'its log was tampered with; do not use it',
      });
    }
    return path;
  }

  async list(
    folder: string,
    { from, recursive = false, followLinks = false }: ListOptions = {},
  ): Promise<StoreEntry[]> {
    const entries: StoreEntry[] = [];
    const visit = async (inside: string, above: readonly string[]): Promise<void> => {
      const real = followLinks ? await realpath(this.enginePath(inside)).catch(() => '') : '';
      // A link to a folder above would be followed for ever.
      if (above.includes(real)) return;
      for (const entry of await readFolder(this.enginePath(inside))) {
        const name = inside === '' ? entry.name : `${inside}/${entry.name}`;
        const isLink = entry.isSymbolicLink();
        if ((isLink && !followLinks) || (entry.isDirectory() && !recursive)) continue;
        const info = await (isLink ? stat : lstat)(this.enginePath(name)).catch(() => undefined);
        if (info?.isDirectory() && recursive) await visit(name, followLinks ? [...above, real] : above);
        else if (info?.isFile() && (from === undefined || compareUtf8(entry.name, from) >= 0))
          entries.push({ name, sizeBytes: info.size, modifiedMs: info.mtimeMs });
      }
    };
    await visit(folder, []);
    return entries.sort((a, b) => compareUtf8(a.name, b.name));
  }

  async listNames(folder: string, from = ''): Promise<string[]> {
    const entries = await readFolder(this.enginePath(folder));
    const names = entries
      // A link is as good as what it leads to: one that leads nowhere fails when it is read.
      .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && compareUtf8(entry.name, from) >= 0)
      .map(({ name }) => name);
    return names.sort(compareUtf8).map((name) => (folder === '' ? name : `${folder}/${name}`));
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      return readFileSync(this.enginePath(name));
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  readImmutable(name: string): Promise<Uint8Array | undefined> {
    return this.read(name);
  }

  async putIfAbsent(name: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    const path = this.enginePath(name);
    const temporary = this.#writeTemporary(path, bytes);
    await this.#step('commit:temp-written');
    try {
      linkSync(temporary, path);
    } catch (error) {
      try {
        return this.#resolveLinkFailure(error, temporary, path, bytes);
      } finally {
        rmSync(temporary, { force: true });
      }
    }
    await this.#step('commit:linked');
    syncPath(dirname(path));
    rmSync(temporary, { force: true });
    return 'created';
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.enginePath(name);
    await this.#publish(this.#writeTemporary(path, bytes), path);
  }

  async putFile(name: string, write: (enginePath: string) => void): Promise<number> {
    const path = this.enginePath(name);
    mkdirDurable(dirname(path), this.location, this.#folders);
    const temporary = temporaryBeside(path);
    try {
      write(temporary);
      syncPath(temporary);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    const { size } = statSync(temporary);
    await this.#publish(temporary, path);
    return size;
  }

  async moveIn(name: string, path: string): Promise<number> {
    const place = this.enginePath(name);
    mkdirDurable(dirname(place), this.location, this.#folders);
    syncPath(path);
    renameSync(path, place);
    syncPath(dirname(place));
    return statSync(place).size;
  }

  async download(name: string, path: string): Promise<void> {
    await copyFile(this.enginePath(name), path).catch((error: unknown) => {
      throw systemCodeOf(error) === 'ENOENT' ? missingFile(name) : error;
    });
  }

  async localPaths(entries: ReadonlyArray<Pick<StoreEntry, 'name'>>): Promise<string[]> {
    const paths: string[] = [];
    for (const { name } of entries) {
      const path = this.enginePath(name);
      await stat(path).catch((error: unknown) => {
        throw systemCodeOf(error) === 'ENOENT' ? missingFile(name) : error;
      });
      paths.push(path);
    }
    return paths;
  }

  async #publish(temporary: string, path: string): Promise<void> {
    await this.#step('put:temp-written');
    // Before the rename: a crash in between may leave an old file without a checksum, never a new one with an old sum.
    rmSync(hadoopChecksum(path), { force: true });
    renameSync(temporary, path);
    await this.#step('put:renamed');
    syncPath(dirname(path));
  }

  async delete(name: string): Promise<void> {
    const path = this.enginePath(name);
    await rm(path, { force: true });
    await rm(hadoopChecksum(path), { force: true });
  }

  #writeTemporary(path: string, bytes: Uint8Array): string {
    const temporary = temporaryBeside(path);
    mkdirDurable(dirname(path), this.location, this.#folders);
    writeSyncedBlocking(temporary, bytes);
    return temporary;
  }

  #resolveLinkFailure(
    error: unknown,
    temporary: string,
    path: string,
    bytes: Uint8Array,
  ): 'created' | 'exists' {
    const code = systemCodeOf(error);
    // NFS may report a failure after success: our temporary file then has two names.
    if (statSync(temporary, { throwIfNoEntry: false })?.nlink === 2) {
      syncPath(dirname(path));
      return 'created';
    }
    if (code === 'EEXIST') return 'exists';
    if (!NO_LINKS.has(code)) throw error;
    // Without hard links: exclusive, but a crash in between leaves a torn commit.
    try {
      writeSyncedBlocking(path, bytes);
    } catch (secondError) {
      if (systemCodeOf(secondError) === 'EEXIST') return 'exists';
      throw secondError;
    }
    syncPath(dirname(path));
    return 'created';
  }
}

function missingFile(name: string): LakeError {
  return new LakeError('TABLE_DAMAGED', `the data file \`${name}\` is missing`, {
    hint: 'bring it back from a backup',
  });
}

/** The name must not end like a commit or a checkpoint: delta-rs matches those unanchored. */
function temporaryBeside(path: string): string {
  return join(dirname(path), `.tmp-${crypto.randomUUID()}.tmp`);
}

/** A Hadoop writer's checksum file, wrong once the file it belongs to is rewritten. */
function hadoopChecksum(path: string): string {
  return join(dirname(path), `.${basename(path)}.crc`);
}

async function readFolder(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
