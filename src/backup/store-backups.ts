/**
 * Back-ups on an object store, which has no links: `TIME.json` and `TIME/TABLE/` with the log of each, and the data files
 * of all of them once, in `_files/TABLE/`. One becomes readable by being restored.
 */
import { randomUUID } from 'node:crypto';
import { eachAtOnce } from '../base/each-at-once.ts';
import { LakeError } from '../base/errors.ts';
import { DeltaTable } from '../delta/delta-table.ts';
import { dataPath } from '../delta/store/data-path.ts';
import type { StoreEntry, TableStore } from '../delta/store/table-store.ts';
import { acquireLease, type Lease } from '../lake/lease.ts';
import { openS3Store } from '../lake/open-s3-store.ts';
import { PARQUET_CHECKPOINTS } from '../parquet/parquet-checkpoints.ts';
import { type BackupSet, type CopyTarget, isStamp, type Manifest, type NewBackup } from './backup-set.ts';
import { parseManifest } from './parse-manifest.ts';
import { pooledStore } from './pooled-store.ts';

const FILES = '_files';
/** In the folder of a back-up while it is made. */
const UNFINISHED = 'unfinished';
const REQUESTS_AT_ONCE = 16;

export class StoreBackups implements BackupSet {
  readonly location: string;

  constructor(location: string) {
    this.location = location;
  }

  async list(): Promise<string[]> {
    const names = await (await openS3Store(this.location)).listNames('');
    return names
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length))
      .filter(isStamp)
      .sort();
  }

  async readManifest(stamp: string): Promise<Manifest> {
    const file = `${stamp}.json`;
    const bytes = await (await openS3Store(this.location)).read(file);
    return parseManifest(bytes, `${this.location}/${stamp}`, file);
  }

  async open(stamp: string, table: string): Promise<TableStore> {
    return pooledStore(
      await openS3Store(`${this.location}/${stamp}/${table}`),
      await openS3Store(`${this.location}/${FILES}/${table}`),
    );
  }

  async begin(stamp: string): Promise<NewBackup> {
    const lease = await acquireLease(this.location, { name: 'backup', holder: randomUUID(), waitMs: 0 });
    try {
      const store = await openS3Store(this.location);
      const there = await store.list('', { recursive: true });
      const kept = new Set(there.map(({ name }) => name).filter((name) => !name.includes('/')));
      const isLeftOver = ({ name }: StoreEntry) => {
        const [folder = ''] = name.split('/');
        return name !== folder && isStamp(folder) && !kept.has(`${folder}.json`);
      };
      const leftOver = there.filter(isLeftOver);
      await store.put(`${stamp}/${UNFINISHED}`, Buffer.from('\n'));
      await deleteAll(store, leftOver);
      const files = there.filter(({ name }) => name.startsWith(`${FILES}/`));
      return new NewStoreBackup(this, { stamp, store, lease, files, followsUnfinished: leftOver.length > 0 });
    } catch (error) {
      await lease.release();
      throw error;
    }
  }
}

interface Begun {
  readonly stamp: string;
  /** Of the whole set. */
  readonly store: TableStore;
  readonly lease: Lease;
  /** Data files of the back-ups before. */
  readonly files: readonly StoreEntry[];
  /** Some of the files may have been brought by one that ended before it had proved them. */
  readonly followsUnfinished: boolean;
}

class NewStoreBackup implements NewBackup {
  readonly #set: StoreBackups;
  readonly #begun: Begun;
  readonly #sizes: ReadonlyMap<string, number>;

  constructor(set: StoreBackups, begun: Begun) {
    this.#set = set;
    this.#begun = begun;
    this.#sizes = new Map(begun.files.map(({ name, sizeBytes }) => [name, sizeBytes]));
  }

  get lost(): AbortSignal {
    return this.#begun.lease.lost;
  }

  async table(name: string): Promise<CopyTarget> {
    const sizeOf = (file: string) => this.#sizes.get(`${FILES}/${name}/${file}`);
    return {
      store: await this.#set.open(this.#begun.stamp, name),
      needsLittleLog: true,
      keep: async (file, sizeBytes) => sizeOf(file) === sizeBytes,
      isProved: (file) => !this.#begun.followsUnfinished && sizeOf(file) !== undefined,
    };
  }

  async finish(manifest: Manifest): Promise<string> {
    const { store, stamp } = this.#begun;
    const place = `${this.#set.location}/${stamp}`;
    const bytes = Buffer.from(`${JSON.stringify(manifest)}\n`);
    if ((await store.putIfAbsent(`${stamp}.json`, bytes)) === 'exists')
      throw new LakeError('BACKUP_FAILED', `\`${place}\` is there already`, { hint: 'begin again' });
    await store.delete(`${stamp}/${UNFINISHED}`);
    if (this.#begun.followsUnfinished) await this.#sweep();
    return place;
  }

  async remove(stamps: readonly string[]): Promise<string[]> {
    const { store } = this.#begun;
    for (const stamp of stamps) {
      await store.delete(`${stamp}.json`);
      await deleteAll(store, await store.list(stamp, { recursive: true }));
    }
    if (stamps.length > 0) await this.#sweep();
    return stamps.map((stamp) => `${this.#set.location}/${stamp}`);
  }

  end(): Promise<void> {
    return this.#begun.lease.release();
  }

  /** Removes the data files that no back-up has any more. */
  async #sweep(): Promise<void> {
    const kept = new Set<string>();
    for (const stamp of await this.#set.list()) {
      for (const { name } of (await this.#set.readManifest(stamp)).tables) {
        const store = await this.#set.open(stamp, name);
        const { snapshot } = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
        for (const add of snapshot.files.values()) kept.add(`${FILES}/${name}/${dataPath(add, store).name}`);
      }
    }
    await deleteAll(
      this.#begun.store,
      this.#begun.files.filter(({ name }) => !kept.has(name)),
    );
  }
}

function deleteAll(store: TableStore, entries: readonly StoreEntry[]): Promise<void> {
  return eachAtOnce(entries, REQUESTS_AT_ONCE, ({ name }) => store.delete(name));
}
