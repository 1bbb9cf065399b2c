/**
 * Looks whether a table holds what its log says: every file is there with its size, its columns and rows, the real
 * values lie within the bounds, the log has no gap, and each checkpoint agrees with the commits.
 */
import { rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { messageOf } from '../../base/errors.ts';
import { isPermissionError, permissionDenied } from '../../base/permission-denied.ts';
import { readLocalFile } from '../../base/read-local-file.ts';
import { makeScratchFolder } from '../../base/scratch-folder.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { readDeletionVector } from '../../delta/format/deletion-vector.ts';
import { locateFile } from '../../delta/format/file-path.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';
import { type LogFinding, verifyLog } from '../../delta/log/verify-log.ts';
import type { TableStore } from '../../delta/store/table-store.ts';
import { checkFile } from './check-file.ts';

export type Finding = LogFinding;

/** Before a file is looked at; after the last one comes the log. */
export interface VerifyProgress {
  readonly files: number;
  readonly bytes: number;
}

export interface VerifyOptions {
  readonly onFile?: (progress: VerifyProgress) => void;
  /** Data files of which the size is enough. */
  readonly isProved?: (name: string) => boolean;
}

/** @returns everything that is wrong, and notes on what is merely left over. */
export async function verifyTable(
  table: DeltaTable,
  signal: AbortSignal,
  { onFile, isProved = () => false }: VerifyOptions = {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { store, snapshot } = table;
  const listing = await store.list('', { recursive: true, followLinks: true }).catch((error: unknown) => {
    throw isPermissionError(error)
      ? permissionDenied((error as NodeJS.ErrnoException).path ?? store.location, error)
      : error;
  });
  const sizes = new Map(listing.map(({ name, sizeBytes }) => [name, sizeBytes]));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    let [files, bytes] = [0, 0];
    for (const add of snapshot.files.values()) {
      signal.throwIfAborted();
      onFile?.({ files, bytes });
      findings.push(...(await checkLiveFile(connection, table, add, { sizes, isProved })));
      files++;
      bytes += Number(add.size);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  findings.push(...(await verifyLog(table, signal)), ...orphans(snapshot, sizes.keys()));
  return findings;
}

async function checkLiveFile(
  connection: DuckDBConnection,
  { store, snapshot }: Pick<DeltaTable, 'store' | 'snapshot'>,
  add: AddFile,
  { sizes, isProved }: { sizes: ReadonlyMap<string, number>; isProved: (name: string) => boolean },
): Promise<Finding[]> {
  const name = placeOf(add);
  if (typeof name !== 'string') return [name];
  const size = sizes.get(name);
  if (size === undefined) return [{ severity: 'damage', file: name, message: 'the file is missing' }];
  if (size !== Number(add.size))
    return [{ severity: 'damage', file: name, message: `it has ${size} bytes, the log says ${add.size}` }];
  if (isProved(name)) return [];
  const findings = await withFile(store, name, (path) => checkFile(connection, path, name, add, snapshot));
  try {
    await readDeletionVector(store, add, readLocalFile);
  } catch (error) {
    findings.push({ severity: 'damage', file: name, message: messageOf(error) });
  }
  return findings;
}

/** Not by a copy that this machine has already: what is on the store is looked at. */
async function withFile<T>(store: TableStore, name: string, work: (path: string) => Promise<T>): Promise<T> {
  if (store.folder !== undefined) return work(store.enginePath(name));
  const folder = await makeScratchFolder([]);
  try {
    const path = join(folder, 'file');
    await store.download(name, path);
    return await work(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The name of a file in the table, or why it is not looked at. */
function placeOf({ path }: Pick<AddFile, 'path'>): string | Finding {
  try {
    const location = locateFile(path);
    if (location.kind === 'relative') return posix.normalize(location.name);
    return {
      severity: 'note',
      file: location.path,
      message: 'it is named by an absolute path and was not looked at',
    };
  } catch (error) {
    return { severity: 'damage', file: path, message: messageOf(error) };
  }
}

function* orphans({ files, tombstones }: Snapshot, names: Iterable<string>): Iterable<Finding> {
  const known = new Set([...files.values(), ...tombstones.values()].map((file) => placeOf(file)));
  for (const name of names) {
    const isHidden = name.split('/').some((part) => part.startsWith('_') || part.startsWith('.'));
    if (name.endsWith('.parquet') && !isHidden && !known.has(name))
      yield { severity: 'note', file: name, message: 'no version names it; vacuum will take it' };
  }
}
