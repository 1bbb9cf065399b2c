/**
 * Copies a table as of its newest version: the files that are live in it, its log up to there, and reads the copy whole
 * before it counts.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eachAtOnce } from '../base/each-at-once.ts';
import { LakeError } from '../base/errors.ts';
import { makeScratchFolder } from '../base/scratch-folder.ts';
import { DeltaTable } from '../delta/delta-table.ts';
import { LOG_FOLDER, parseLogPath } from '../delta/log/log-path.ts';
import { planLogSegment } from '../delta/log/log-segment.ts';
import { dataPath } from '../delta/store/data-path.ts';
import type { TableStore } from '../delta/store/table-store.ts';
import { PARQUET_CHECKPOINTS } from '../parquet/parquet-checkpoints.ts';
import { verifyTable } from '../query/verify/verify-table.ts';
import type { BackedUpTable, CopyTarget } from './backup-set.ts';
import { isBesideData } from './pooled-store.ts';

export interface CopyVersionOptions {
  readonly name: string;
  readonly store: TableStore;
  readonly target: CopyTarget;
  readonly signal: AbortSignal;
}

const FILES_AT_ONCE = 4;
const SIDECARS = `${LOG_FOLDER}/_sidecars/`;

/** @throws LakeError BACKUP_FAILED, TABLE_…, STORE_…, DISK_FULL. */
export async function copyVersion(options: CopyVersionOptions): Promise<BackedUpTable> {
  const { name, store, target, signal } = options;
  const { version, snapshot } = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
  const live = new Map(
    [...snapshot.files.values()].map((add) => {
      const { path, name: file } = dataPath(add, store);
      if (file !== undefined) return [file, Number(add.size)] as const;
      throw new LakeError('BACKUP_FAILED', `\`${name}\` names a file outside of itself: \`${path}\``, {
        hint: 'back that table up together with the one that it was cloned from',
      });
    }),
  );
  const staging = await makeStaging(target.store);
  try {
    let index = 0;
    const bring = async (file: string, sizeBytes?: number) => {
      signal.throwIfAborted();
      const path = join(staging, String(index++));
      await store.download(file, path);
      const size = await target.store.moveIn(file, path);
      if (sizeBytes !== undefined && size !== sizeBytes) throw wrongSize(name, file, size, sizeBytes);
    };
    await eachAtOnce(live, FILES_AT_ONCE, async ([file, sizeBytes]) => {
      if (!(await target.keep?.(file, sizeBytes))) await bring(file, sizeBytes);
    });
    await eachAtOnce(await besideData(options, version), FILES_AT_ONCE, (file) => bring(file));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  await verify(options, version);
  const bytes = [...live.values()].reduce((sum, size) => sum + size, 0);
  return { name, version, files: live.size, bytes };
}

/** On the disk of the target, so that what is whole only has to be renamed. */
async function makeStaging({ folder }: TableStore): Promise<string> {
  if (folder === undefined) return makeScratchFolder([]);
  await mkdir(folder, { recursive: true });
  return mkdtemp(join(folder, '.tmp-copy-'));
}

/** What a table has beside its data files as of a version. */
async function besideData({ store, target }: CopyVersionOptions, version: number): Promise<string[]> {
  const names = (await store.list('', { recursive: true })).map(({ name }) => name).filter(isBesideData);
  const plan = () => planLogSegment(names, { location: store.location, target: version });
  const { checkpoint, commits } = target.needsLittleLog ? plan() : { checkpoint: undefined, commits: [] };
  const needed = target.needsLittleLog ? new Set([...(checkpoint?.names ?? []), ...commits]) : undefined;
  return names.filter((name) => {
    if (name.endsWith('.tmp')) return false;
    if (!name.startsWith(`${LOG_FOLDER}/`)) return true;
    const log = parseLogPath(name);
    // The hint of the last checkpoint may be of a later version; everyone can do without it.
    if (log === undefined) return name.startsWith(SIDECARS);
    return needed?.has(name) ?? log.version <= version;
  });
}

/** Also what was copied long ago, except where the place is known to keep it: disks forget. */
async function verify({ name, target, signal }: CopyVersionOptions, version: number): Promise<void> {
  const copy = await DeltaTable.open(target.store, { checkpoints: PARQUET_CHECKPOINTS });
  const isProved = (file: string) => target.isProved?.(file) ?? false;
  const findings = await verifyTable(copy, signal, { isProved });
  const first = findings.find(({ severity }) => severity === 'damage');
  if (copy.version === version && first === undefined) return;
  const what = first ? `${first.file}: ${first.message}` : `it is version ${copy.version}, not ${version}`;
  throw new LakeError('BACKUP_FAILED', `the copy of \`${name}\` is not sound: ${what}`, {
    hint: `see \`crypto-lake tables --verify ${name}\`: the table itself may be damaged`,
  });
}

function wrongSize(name: string, file: string, size: number, sizeBytes: number): LakeError {
  return new LakeError(
    'BACKUP_FAILED',
    `\`${file}\` of \`${name}\` has ${size} bytes instead of ${sizeBytes}`,
    { hint: `see \`crypto-lake tables --verify ${name}\`` },
  );
}
