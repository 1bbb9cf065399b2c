/** Back-ups in a folder: one folder each, named by its time, which is a whole lake that can be read as it is. */
import { link, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../base/durable/sync-path.ts';
import { writeSynced } from '../base/durable/write-synced.ts';
import type { TableStore } from '../delta/store/table-store.ts';
import { openStore } from '../lake/open-store.ts';
import { acquireLock, type Lock } from '../spool/state/lock.ts';
import { type BackupSet, type CopyTarget, isStamp, type Manifest, type NewBackup } from './backup-set.ts';
import { parseManifest } from './parse-manifest.ts';

const MANIFEST = 'backup.json';

export class FolderBackups implements BackupSet {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async list(): Promise<string[]> {
    return (await readdir(this.#folder).catch(() => [])).filter(isStamp).sort();
  }

  async readManifest(stamp: string): Promise<Manifest> {
    const backup = join(this.#folder, stamp);
    const bytes = await readFile(join(backup, MANIFEST)).catch(() => undefined);
    return parseManifest(bytes, backup, MANIFEST);
  }

  open(stamp: string, table: string): Promise<TableStore> {
    return openStore(join(this.#folder, stamp, table));
  }

  async begin(stamp: string): Promise<NewBackup> {
    await mkdir(this.#folder, { recursive: true });
    const lock = await acquireLock(this.#folder, { purpose: 'backup', waitMs: 0 });
    const partial = join(this.#folder, '.partial');
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial);
    const previous = (await this.list()).at(-1);
    return new NewFolderBackup(this.#folder, stamp, previous, lock);
  }
}

class NewFolderBackup implements NewBackup {
  readonly #folder: string;
  readonly #partial: string;
  readonly #stamp: string;
  readonly #previous: string | undefined;
  readonly #lock: Lock;

  constructor(folder: string, stamp: string, previous: string | undefined, lock: Lock) {
    this.#folder = folder;
    this.#partial = join(folder, '.partial');
    this.#stamp = stamp;
    this.#previous = previous;
    this.#lock = lock;
  }

  get lost(): AbortSignal {
    return this.#lock.lost;
  }

  async table(name: string): Promise<CopyTarget> {
    const previous = this.#previous;
    return {
      store: await openStore(join(this.#partial, name)),
      keep: async (file, sizeBytes) =>
        previous !== undefined &&
        linked(join(this.#folder, previous, name, file), join(this.#partial, name, file), sizeBytes),
    };
  }

  async finish(manifest: Manifest): Promise<string> {
    const folder = join(this.#folder, this.#stamp);
    await writeSynced(join(this.#partial, MANIFEST), `${JSON.stringify(manifest)}\n`);
    await rename(this.#partial, folder);
    await syncFolder(this.#folder);
    return folder;
  }

  async remove(stamps: readonly string[]): Promise<string[]> {
    const folders = stamps.map((stamp) => join(this.#folder, stamp));
    for (const folder of folders) await rm(folder, { recursive: true });
    return folders;
  }

  async end(): Promise<void> {
    await rm(this.#partial, { recursive: true, force: true });
    await this.#lock.release();
  }
}

/** Data files never change. A file system without hard links gets a copy. */
async function linked(before: string, place: string, sizeBytes: number): Promise<boolean> {
  try {
    if ((await stat(before)).size !== sizeBytes) return false;
    await mkdir(dirname(place), { recursive: true });
    await link(before, place);
    return true;
  } catch {
    return false;
  }
}
