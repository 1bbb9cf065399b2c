/**
 * Copies a table with its log to another place, of which it does not matter what is there already: what was copied before
 * is left alone. Data first, then checkpoints, then commits in their order, so that a reader of the copy sees a version
 * only when all of it is there.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError } from '../base/errors.ts';
import { makeScratchFolder } from '../base/scratch-folder.ts';
import { DeltaTable } from '../delta/delta-table.ts';
import { LAST_CHECKPOINT, LOG_FOLDER, parseLogPath } from '../delta/log/log-path.ts';
import type { Snapshot } from '../delta/log/snapshot.ts';
import { dataPath } from '../delta/store/data-path.ts';
import type { StoreEntry, TableStore } from '../delta/store/table-store.ts';
import { PARQUET_CHECKPOINTS } from '../parquet/parquet-checkpoints.ts';

export interface CopyProgress {
  readonly files: number;
  readonly filesPlanned: number;
  readonly bytes: number;
  readonly bytesPlanned: number;
}

export interface CopyReport {
  readonly version: number;
  /** Brought over now; those that were there count in `filesKept`. */
  readonly filesCopied: number;
  readonly filesKept: number;
  readonly bytesCopied: number;
}

export interface CopyOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
}

const FILES_AT_ONCE = 4;

/** @throws LakeError TABLE_…, COPY_DIFFERS when another table is there, STORE_…. */
export async function copyTable(
  from: TableStore,
  to: TableStore,
  { signal, onProgress }: CopyOptions,
): Promise<CopyReport> {
  // The log before the data: whatever the commits of this listing name is in the later one.
  const log = (await from.list(LOG_FOLDER, { recursive: true })).filter(isKept);
  const version = log.reduce((newest, { name }) => Math.max(newest, parseLogPath(name)?.version ?? -1), -1);
  const data = (await from.list('', { recursive: true })).filter(
    (entry) => isKept(entry) && !entry.name.startsWith(`${LOG_FOLDER}/`),
  );
  const there = new Map(
    (await to.list('', { recursive: true })).map(({ name, sizeBytes }) => [name, sizeBytes]),
  );
  const missing = data.filter(({ name, sizeBytes }) => there.get(name) !== sizeBytes);
  const entries = log.filter(({ name }) => name !== LAST_CHECKPOINT).sort(byOrderOfWriting);
  const planned = {
    filesPlanned: missing.length + entries.length,
    bytesPlanned: bytesOf([...missing, ...entries]),
  };
  let [files, bytes, copied] = [0, 0, 0];
  const done = (size: number, isNew: boolean) => {
    files++;
    bytes += size;
    if (isNew) copied += size;
    onProgress?.({ files, bytes, ...planned });
  };
  await inParallel(
    missing,
    async (entry, staging) => {
      signal.throwIfAborted();
      await from.download(entry.name, staging);
      done(await to.moveIn(entry.name, staging), true);
    },
    to,
  );
  let kept = data.length - missing.length;
  for (const { name, sizeBytes } of entries) {
    signal.throwIfAborted();
    const isNew = await copyLogEntry(from, to, name, there.has(name));
    if (!isNew) kept++;
    done(sizeBytes, isNew);
  }
  const hint = await from.read(LAST_CHECKPOINT);
  if (hint !== undefined && log.some(({ name }) => name === LAST_CHECKPOINT))
    await to.put(LAST_CHECKPOINT, hint);
  await prove(from, to, version);
  return { version, filesCopied: data.length + entries.length - kept, filesKept: kept, bytesCopied: copied };
}

/** What is hidden is left over, or a writer's own; of the log all that has a name is kept. */
function isKept({ name }: StoreEntry): boolean {
  const parts = name.split('/');
  if (parts[0] === LOG_FOLDER) return !parts.some((part) => part.startsWith('.'));
  return !parts.some((part) => /^[._]/.test(part) && !part.includes('='));
}

/** Checkpoints, sidecars and the like first: a commit is what makes a version. */
function byOrderOfWriting(a: StoreEntry, b: StoreEntry): number {
  const versionOf = ({ name }: StoreEntry) => {
    const path = parseLogPath(name);
    return path?.kind === 'commit' ? path.version : -1;
  };
  return versionOf(a) - versionOf(b);
}

/** @returns whether it was not there. @throws LakeError COPY_DIFFERS. */
async function copyLogEntry(
  from: TableStore,
  to: TableStore,
  name: string,
  isThere: boolean,
): Promise<boolean> {
  const bytes = await from.read(name);
  // Cleaned up meanwhile: a checkpoint that was copied before stands for it, or the proof below fails.
  if (bytes === undefined) return false;
  if (parseLogPath(name)?.kind !== 'commit') {
    if (isThere && same(await to.read(name), bytes)) return false;
    await to.put(name, bytes);
    return true;
  }
  if (!isThere && (await to.putIfAbsent(name, bytes)) === 'created') return true;
  if (same(await to.read(name), bytes)) return false;
  throw new LakeError(
    'COPY_DIFFERS',
    `\`${to.location}\` holds another table, or one that went on: \`${name}\` differs`,
    {
      hint: 'copy to an empty place',
    },
  );
}

function same(there: Uint8Array | undefined, bytes: Uint8Array): boolean {
  return there !== undefined && Buffer.from(bytes).equals(there);
}

/** The copy has the version's files, each whole. @throws LakeError COPY_DIFFERS. */
async function prove(from: TableStore, to: TableStore, version: number): Promise<void> {
  const copy = await DeltaTable.open(to, { checkpoints: PARQUET_CHECKPOINTS });
  const original = await DeltaTable.open(from, { checkpoints: PARQUET_CHECKPOINTS });
  if (copy.version > version) throw differs(to, `it has version ${copy.version}, the original ${version}`);
  const [ours, theirs] = [copy.snapshot, await original.snapshotAt(copy.version)];
  const sizes = new Map(
    (await to.list('', { recursive: true })).map(({ name, sizeBytes }) => [name, sizeBytes]),
  );
  const names = namesOf(ours, to);
  if (copy.version !== version || names.join('\n') !== namesOf(theirs, from).join('\n'))
    throw differs(to, 'it does not name the same files');
  const lost = [...ours.files.values()].find(
    (add) => sizes.get(dataPath(add, to).name ?? '') !== Number(add.size),
  );
  if (lost) throw differs(to, `\`${lost.path}\` is not there, or not whole`);
}

/** @throws LakeError TABLE_UNSUPPORTED for a table that names files outside of itself. */
function namesOf({ files }: Snapshot, store: TableStore): string[] {
  return [...files.values()]
    .map((add) => {
      const { name, path } = dataPath(add, store);
      if (name !== undefined && add.path.startsWith('/') === false) return name;
      throw new LakeError('TABLE_UNSUPPORTED', `the table names a file by an absolute path: \`${path}\``, {
        hint: 'a copy would not have it; rewrite the table with the engine that made it',
      });
    })
    .sort();
}

function differs(to: TableStore, why: string): LakeError {
  return new LakeError('COPY_DIFFERS', `the copy at \`${to.location}\` is not the table: ${why}`, {
    hint: 'run it again; where others write to the copy, copy to an empty place',
  });
}

function bytesOf(entries: readonly StoreEntry[]): number {
  return entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Each file passes through one of this machine, beside its place where that is on a disk. */
async function inParallel(
  entries: readonly StoreEntry[],
  work: (entry: StoreEntry, staging: string) => Promise<void>,
  to: TableStore,
): Promise<void> {
  if (to.folder !== undefined) await mkdir(to.folder, { recursive: true });
  const folder =
    to.folder === undefined ? await makeScratchFolder([]) : await mkdtemp(join(to.folder, '.tmp-copy-'));
  try {
    const rest = entries.entries();
    const worker = async () => {
      for (const [index, entry] of rest) await work(entry, join(folder, String(index)));
    };
    await Promise.all(Array.from({ length: FILES_AT_ONCE }, worker));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
