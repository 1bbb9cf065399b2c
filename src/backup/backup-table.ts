/**
 * Copies a table as of one version: its log up to there and the files that are live in it. Data files never change, so
 * that what the back-up before has is linked, not copied again.
 */
import { link, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFile } from '../base/durable/sync-path.ts';
import { LakeError } from '../base/errors.ts';
import { DeltaTable } from '../delta/delta-table.ts';
import { parseLogPath } from '../delta/log/log-path.ts';
import { dataPath } from '../delta/store/data-path.ts';
import type { TableStore } from '../delta/store/table-store.ts';
import { openStore } from '../lake/open-store.ts';
import { PARQUET_CHECKPOINTS } from '../parquet/parquet-checkpoints.ts';
import { verifyTable } from '../query/verify/verify-table.ts';
import type { BackedUpTable } from './backup-set.ts';

export interface BackupTableOptions {
  readonly name: string;
  readonly store: TableStore;
  /** The folder that the table gets; it is not there yet. */
  readonly target: string;
  /** The same table in the back-up before; undefined when there is none. */
  readonly previous: string | undefined;
  readonly signal: AbortSignal;
}

const LOG = '_delta_log/';

/** @throws LakeError BACKUP_FAILED, TABLE_…, DISK_FULL. */
export async function backUpTable(options: BackupTableOptions): Promise<BackedUpTable> {
  const { name, store, target, signal } = options;
  const table = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
  const { version, snapshot } = table;
  const live = new Map(
    [...snapshot.files.values()].map((add) => {
      const { path, name: file } = dataPath(add, store);
      if (file !== undefined) return [file, Number(add.size)] as const;
      throw new LakeError('BACKUP_FAILED', `\`${name}\` names a file outside of itself: \`${path}\``, {
        hint: 'back that table up together with the one that it was cloned from',
      });
    }),
  );
  for (const entry of await store.list('', { recursive: true })) {
    signal.throwIfAborted();
    if (isBeside(entry.name, version)) await copyIn(options, entry.name, undefined);
  }
  for (const [file, sizeBytes] of live) {
    signal.throwIfAborted();
    await copyIn(options, file, sizeBytes);
  }
  await verify(name, target, version, signal);
  const bytes = [...live.values()].reduce((sum, size) => sum + size, 0);
  return { name, version, files: live.size, bytes };
}

/** What a table has beside its data files, as of a version: log, deletion vectors, artifacts of models. */
function isBeside(name: string, version: number): boolean {
  if (/(^|\/)deletion_vector_[0-9a-f-]{36}\.bin$/.test(name)) return true;
  if (!name.startsWith('_') || name.endsWith('.tmp')) return false;
  if (!name.startsWith(LOG)) return true;
  const log = parseLogPath(name);
  // The hint of the last checkpoint may be of a later version; everyone can do without it.
  return log === undefined ? name.startsWith(`${LOG}_sidecars/`) : log.version <= version;
}

/** @param sizeBytes of a file that never changes; undefined for what is copied always. */
async function copyIn(
  { name, store, target, previous }: BackupTableOptions,
  file: string,
  sizeBytes: number | undefined,
): Promise<void> {
  const place = join(target, file);
  await mkdir(dirname(place), { recursive: true });
  if (
    sizeBytes !== undefined &&
    previous !== undefined &&
    (await linked(join(previous, file), place, sizeBytes))
  )
    return;
  await store.download(file, place);
  await syncFile(place);
  const { size } = await stat(place);
  if (sizeBytes === undefined || size === sizeBytes) return;
  throw new LakeError(
    'BACKUP_FAILED',
    `\`${file}\` of \`${name}\` has ${size} bytes instead of ${sizeBytes}`,
    { hint: `see \`crypto-lake tables --verify ${name}\`` },
  );
}

/** A file system without hard links gets a copy. */
async function linked(before: string, place: string, sizeBytes: number): Promise<boolean> {
  try {
    if ((await stat(before)).size !== sizeBytes) return false;
    await link(before, place);
    return true;
  } catch {
    return false;
  }
}

/** The copy is read whole before it counts, also what was copied long ago: disks forget. */
async function verify(name: string, target: string, version: number, signal: AbortSignal): Promise<void> {
  const copy = await DeltaTable.open(await openStore(target), { checkpoints: PARQUET_CHECKPOINTS });
  const damage = (await verifyTable(copy, signal)).filter(({ severity }) => severity === 'damage');
  const [first] = damage;
  if (copy.version === version && first === undefined) return;
  const what = first ? `${first.file}: ${first.message}` : `it is version ${copy.version}, not ${version}`;
  throw new LakeError('BACKUP_FAILED', `the copy of \`${name}\` is not sound: ${what}`, {
    hint: `see \`crypto-lake tables --verify ${name}\`: the table itself may be damaged`,
  });
}
