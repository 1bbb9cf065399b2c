/** Opens the tables of a lake as of now or of the past, ready for a session. */
import { basename, join, resolve } from 'node:path';
import { DeltaTable } from '../delta/delta-table.ts';
import { versionAt } from '../delta/history.ts';
import { LocalStore } from '../delta/local-store.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import { LakeError } from '../errors.ts';
import { LAKE_TABLES } from '../models/lake-tables.ts';
import { listTables } from './lake-catalog.ts';
import type { AbsentTable, SessionTable } from './lake-session.ts';
import type { AsOf } from './time-text.ts';

export interface OpenLakeOptions {
  readonly lake: string;
  readonly asOf?: AsOf | undefined;
  /** `NAME=PATH`: other Delta tables beside the lake's own. */
  readonly mounts?: readonly string[];
  /** In lower case: others are not opened, so that one that is broken does no harm; undefined for all. */
  readonly only?: ReadonlySet<string> | undefined;
}

export interface OpenLake {
  readonly tables: readonly SessionTable[];
  readonly absent: readonly AbsentTable[];
}

/** @throws LakeError TABLE_…, VERSION_NOT_FOUND, USAGE. */
export async function openLake({ lake, asOf, mounts = [], only }: OpenLakeOptions): Promise<OpenLake> {
  const own = LAKE_TABLES.map(({ name }) => name);
  const tables: SessionTable[] = [];
  const mounted = mounts.map(parseMount);
  const isWanted = (name: string) => only === undefined || only.has(name.toLowerCase());
  for (const name of await listTables(lake, own)) {
    if (isWanted(name) && !mounted.some((mount) => mount.name === name))
      tables.push(await openTable(name, join(lake, name), false, asOf));
  }
  for (const { name, path } of mounted) {
    if (isWanted(name)) tables.push(await openTable(name, path, true, asOf));
  }
  const present = new Set(tables.map(({ name }) => name));
  return { tables, absent: LAKE_TABLES.filter(({ name }) => !present.has(name)) };
}

async function openTable(
  name: string,
  path: string,
  isTrusted: boolean,
  asOf: AsOf | undefined,
): Promise<SessionTable> {
  const store = new LocalStore(path);
  const snapshot = await snapshotOfTable(store, asOf);
  return { name, store, snapshot, files: [...snapshot.files.values()], isTrusted };
}

async function snapshotOfTable(store: LocalStore, asOf: AsOf | undefined): Promise<Snapshot> {
  const table = await DeltaTable.open(store, { engine: 'light' });
  if (asOf === undefined) return table.snapshot;
  return table.snapshotAt('version' in asOf ? asOf.version : await versionAt(store, asOf.timeMs));
}

/** A table of the lake by its name, or any Delta table by its path. */
export function tablePath(
  lake: string,
  nameOrPath: string,
): { readonly name: string; readonly path: string } {
  const isName = /^[\w-]+$/.test(nameOrPath);
  const path = isName ? join(lake, nameOrPath) : resolve(nameOrPath);
  return { name: basename(path), path };
}

function parseMount(mount: string): { name: string; path: string } {
  const match = /^([A-Za-z_]\w*)=(.+)$/.exec(mount);
  if (match?.[1] && match[2]) return { name: match[1], path: resolve(match[2]) };
  throw new LakeError('USAGE', `\`--table ${mount.slice(0, 100)}\` is not NAME=PATH`, {
    hint: 'for example `--table trades=/data/trades`',
  });
}
