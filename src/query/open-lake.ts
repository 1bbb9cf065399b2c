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
  /** Whether a table is wanted: one that is not may be broken, or have no such version, and does no harm. */
  readonly isNeeded?: (name: string) => boolean;
}

export interface OpenLake {
  readonly tables: readonly SessionTable[];
  readonly absent: readonly AbsentTable[];
}

/** @throws LakeError TABLE_…, VERSION_NOT_FOUND, USAGE. */
export async function openLake({
  lake,
  asOf,
  mounts = [],
  isNeeded = () => true,
}: OpenLakeOptions): Promise<OpenLake> {
  const own = LAKE_TABLES.map(({ name }) => name);
  const tables: SessionTable[] = [];
  const leftOut = new Set<string>();
  for (const name of await listTables(lake, own)) {
    try {
      tables.push(await openTable(name, join(lake, name), false, asOf));
    } catch (error) {
      if (isNeeded(name)) throw error;
      leftOut.add(name);
    }
  }
  for (const mount of mounts) {
    const { name, path } = parseMount(mount);
    const table = await openTable(name, path, true, asOf);
    const known = tables.findIndex((other) => other.name === name);
    if (known >= 0) tables.splice(known, 1);
    tables.push(table);
  }
  const present = new Set([...leftOut, ...tables.map(({ name }) => name)]);
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
  const table = await DeltaTable.open(store, { engine: 'duckdb' });
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
