/** Opens the tables of a lake as of now or of the past, ready for a session. */
import { LakeError } from '../../base/errors.ts';
import { joinLocation, resolveLocation } from '../../base/location.ts';
import type { AsOf } from '../../base/time-text.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { versionAt } from '../../delta/log/history.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';
import { withHistoryHint } from '../../lake/history-hint.ts';
import { holdsData, listTables, requireLake } from '../../lake/lake-catalog.ts';
import { openTable } from '../../lake/open-table.ts';
import { LAKE_TABLES } from '../../lake/registry.ts';
import { ALL_VIEWS } from '../../sources/views.ts';
import type { AbsentTable, BrokenTable, SessionTable } from './lake-session.ts';

export interface OpenLakeOptions {
  readonly lake: string;
  readonly asOf?: AsOf | undefined;
  /** The newest version of a table of the lake that is open already; undefined for one that is not. */
  readonly opened?: (name: string) => Promise<Pick<SessionTable, 'store' | 'snapshot'> | undefined>;
  /** `NAME=PATH`: other Delta tables beside the lake's own. */
  readonly mounts?: readonly string[];
  /** In lower case: others are not opened. Undefined for all, of which some may be broken. */
  readonly only?: ReadonlySet<string> | undefined;
  /** Whether it is an error when there is no lake. */
  readonly needsLake: boolean;
}

export interface OpenLake {
  readonly tables: readonly SessionTable[];
  readonly absent: readonly AbsentTable[];
  /** None when tables were asked for by name: then the first one that is broken is thrown. */
  readonly broken: readonly BrokenTable[];
}

/** Tables on their way to be open, by name. */
export type OpeningTables = ReadonlyMap<string, Promise<SessionTable>>;

/** Begins to open the tables whose names are in a text. One that fails does so in {@link openLake}, if it is asked for. */
export function beginToOpen(
  { lake, asOf, opened, mounts = [] }: Omit<OpenLakeOptions, 'only' | 'needsLake'>,
  text: string,
): OpeningTables {
  const begun = new Map<string, Promise<SessionTable>>();
  const begin = (name: string, path: string, isTrusted: boolean) => {
    if (begun.has(name) || !text.toLowerCase().includes(name)) return;
    const opening = isTrusted ? sessionTable(name, path, true, asOf) : ownTable(name, path, asOf, opened);
    opening.catch(() => undefined);
    begun.set(name, opening);
  };
  for (const { name, path } of mounts.map(parseMount)) begin(name, path, true);
  for (const { name } of LAKE_TABLES) begin(name, joinLocation(lake, name), false);
  return begun;
}

/** @throws LakeError LAKE_NOT_FOUND, TABLE_…, VERSION_NOT_FOUND, USAGE. */
export async function openLake(
  { lake, asOf, opened, mounts = [], only, needsLake }: OpenLakeOptions,
  begun: OpeningTables = new Map(),
): Promise<OpenLake> {
  const own = LAKE_TABLES.map(({ name }) => name);
  const tables: SessionTable[] = [];
  const broken: BrokenTable[] = [];
  const mounted = mounts.map(parseMount);
  const isWanted = (name: string) => only === undefined || only.has(name.toLowerCase());
  // What was asked for is open, or on its way: a listing would only cost requests.
  const names = only && (await areAllOpen(only, begun)) ? [...only].sort() : await listTables(lake, own);
  if (names.length === 0 && needsLake) await requireLake(lake);
  for (const name of names) {
    if (!isWanted(name) || mounted.some((mount) => mount.name === name)) continue;
    try {
      tables.push(await (begun.get(name) ?? ownTable(name, joinLocation(lake, name), asOf, opened)));
    } catch (error) {
      if (own.includes(name) && (await isBeingMade(error, joinLocation(lake, name)))) continue;
      const isReported = error instanceof LakeError && error.code !== 'VERSION_NOT_FOUND';
      if (only !== undefined || !isReported) throw error;
      broken.push({ name, error });
    }
  }
  for (const { name, path } of mounted) {
    if (isWanted(name)) tables.push(await (begun.get(name) ?? sessionTable(name, path, true, asOf)));
  }
  const present = new Set([...tables, ...broken].map(({ name }) => name));
  return { tables, absent: LAKE_TABLES.filter(({ name }) => isWanted(name) && !present.has(name)), broken };
}

async function areAllOpen(names: ReadonlySet<string>, begun: OpeningTables): Promise<boolean> {
  if (![...names].every((name) => begun.has(name))) return false;
  const outcomes = await Promise.allSettled([...names].map((name) => begun.get(name)));
  return outcomes.every(({ status }) => status === 'fulfilled');
}

/** A collector that begins makes the folder first. */
async function isBeingMade(error: unknown, path: string): Promise<boolean> {
  return (
    error instanceof LakeError &&
    error.code === 'TABLE_NOT_FOUND' &&
    !(await holdsData(path).catch(() => true))
  );
}

async function ownTable(
  name: string,
  path: string,
  asOf: AsOf | undefined,
  opened: OpenLakeOptions['opened'],
): Promise<SessionTable> {
  const known = asOf === undefined ? await opened?.(name) : undefined;
  if (known === undefined) return sessionTable(name, path, false, asOf);
  const { store, snapshot } = known;
  return { name, store, snapshot, files: [...snapshot.files.values()], isTrusted: false };
}

async function sessionTable(
  name: string,
  path: string,
  isTrusted: boolean,
  asOf: AsOf | undefined,
): Promise<SessionTable> {
  const table = await openTable(path, { isForQueries: true });
  const snapshot = await snapshotOfTable(table, asOf);
  return { name, store: table.store, snapshot, files: [...snapshot.files.values()], isTrusted };
}

async function snapshotOfTable(table: DeltaTable, asOf: AsOf | undefined): Promise<Snapshot> {
  if (asOf === undefined) return table.snapshot;
  try {
    return await table.snapshotAt(
      'version' in asOf ? asOf.version : await versionAt(table.store, asOf.timeMs),
    );
  } catch (error) {
    throw withHistoryHint(error, table.store.location);
  }
}

function parseMount(mount: string): { name: string; path: string } {
  const match = /^([A-Za-z_]\w*)=(.+)$/.exec(mount);
  // SQL knows no case of names.
  const name = match?.[1]?.toLowerCase() ?? '';
  if (ALL_VIEWS.some((view) => view.name === name)) {
    throw new LakeError('USAGE', `\`${name}\` is the name of a view of the lake`, {
      hint: 'mount the table under another name',
    });
  }
  if (match?.[2]) return { name, path: resolveLocation(match[2]) };
  throw new LakeError('USAGE', `\`--table ${mount.slice(0, 100)}\` is not NAME=PATH`, {
    hint: 'for example `--table trades=/data/trades`',
  });
}
