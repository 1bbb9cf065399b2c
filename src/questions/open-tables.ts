/** Tables that stay open, and their snapshots at the versions that questions name. */
import { LakeError } from '../base/errors.ts';
import { joinLocation } from '../base/location.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { versionAt } from '../delta/log/history.ts';
import { readCommit } from '../delta/log/load-snapshot.ts';
import { commitName } from '../delta/log/log-path.ts';
import type { Snapshot } from '../delta/log/snapshot.ts';
import type { TableStore } from '../delta/store/table-store.ts';
import { openTable } from '../lake/open-table.ts';

/** Which versions a question is about. The first of its tables is the one that a version number means. */
export type Pin =
  | { readonly kind: 'newest' }
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'time'; readonly timeMs: number }
  /** By a cursor; a table that it does not name was not there. */
  | { readonly kind: 'exact'; readonly versions: Readonly<Record<string, number>> };

export interface PinnedTable {
  readonly name: string;
  readonly store: TableStore;
  readonly snapshot: Snapshot;
}

/** By name; a table that was not there at the time is absent. */
export interface PinnedTables {
  readonly tables: ReadonlyMap<string, PinnedTable>;
  /** When the newest of the versions was committed, in milliseconds since the epoch; undefined for a lake without tables. */
  readonly asOfMs: number | undefined;
  /** Whether these are the versions of now. */
  readonly isNewest: boolean;
  /** Until when nobody looks for newer ones, by the clock of `performance.now()`. */
  readonly freshUntilMs: number;
}

interface OpenedTable {
  readonly table: DeltaTable;
  lookedMs: number;
  looking: Promise<unknown> | undefined;
  /** Snapshots of the past, newest use last. */
  readonly past: Map<number, Snapshot>;
  readonly committedMs: Map<number, number>;
}

/** A question may be answered from a version that is so much older than the newest. */
const LOOK_EVERY_MS = 100;
const KEPT_SNAPSHOTS = 8;
const KEPT_TIMES = 1000;

export class OpenTables {
  readonly #lake: string;
  readonly #opened = new Map<string, OpenedTable>();
  readonly #opening = new Map<string, Promise<OpenedTable | undefined>>();
  /** When a table was last looked for in vain. */
  readonly #missedMs = new Map<string, number>();

  constructor(lake: string) {
    this.#lake = lake;
  }

  /** @throws LakeError VERSION_NOT_FOUND, TABLE_…. */
  async pin(names: readonly string[], pin: Pin): Promise<PinnedTables> {
    const tables = new Map<string, PinnedTable>();
    let asOfMs: number | undefined;
    let freshUntilMs = Number.POSITIVE_INFINITY;
    let timeMs = pin.kind === 'time' ? pin.timeMs : undefined;
    const all = await Promise.all(names.map((name) => this.#open(name)));
    for (const [index, name] of names.entries()) {
      const opened = all[index];
      const lookedMs = opened?.lookedMs ?? this.#missedMs.get(name) ?? 0;
      freshUntilMs = Math.min(freshUntilMs, lookedMs + LOOK_EVERY_MS);
      if (opened === undefined) continue;
      let snapshot: Snapshot | undefined;
      if (pin.kind === 'newest') snapshot = opened.table.snapshot;
      else if (pin.kind === 'exact') {
        const version = pin.versions[name];
        snapshot = version === undefined ? undefined : await snapshotAt(opened, version);
      } else if (pin.kind === 'version' && index === 0) {
        snapshot = await snapshotAt(opened, pin.version);
        timeMs = await committedMs(opened, pin.version);
      } else if (timeMs !== undefined) snapshot = await snapshotAtTime(opened, timeMs, index === 0);
      if (snapshot === undefined) continue;
      tables.set(name, { name, store: opened.table.store, snapshot });
      const committed = await committedMs(opened, snapshot.version);
      asOfMs = Math.max(asOfMs ?? 0, committed);
    }
    return { tables, asOfMs, isNewest: pin.kind === 'newest', freshUntilMs };
  }

  /** @returns a table as of now, not of a moment ago; undefined for one that is not open, or can no longer be followed. */
  async newest(name: string): Promise<PinnedTable | undefined> {
    const opened = this.#opened.get(name);
    if (opened === undefined) return undefined;
    try {
      // One that has begun already may not see what was committed since.
      await opened.looking;
      await this.#look(name, opened);
    } catch {
      return undefined;
    }
    return { name, store: opened.table.store, snapshot: opened.table.snapshot };
  }

  /** @returns undefined for a table that is not there. */
  async #open(name: string): Promise<OpenedTable | undefined> {
    const opened = this.#opened.get(name);
    if (opened === undefined) {
      const missedMs = this.#missedMs.get(name);
      if (missedMs !== undefined && performance.now() - missedMs < LOOK_EVERY_MS) return undefined;
      const opening = this.#opening.get(name) ?? this.#begin(name);
      this.#opening.set(name, opening);
      return opening.finally(() => this.#opening.delete(name));
    }
    if (performance.now() - opened.lookedMs > LOOK_EVERY_MS) await this.#look(name, opened);
    return opened;
  }

  async #look(name: string, opened: OpenedTable): Promise<void> {
    opened.looking ??= opened.table.refresh().finally(() => {
      opened.lookedMs = performance.now();
      opened.looking = undefined;
    });
    try {
      await opened.looking;
    } catch (error) {
      // It was moved or made anew: what is there now is opened the next time.
      this.#opened.delete(name);
      throw error;
    }
  }

  async #begin(name: string): Promise<OpenedTable | undefined> {
    try {
      const table = await openTable(joinLocation(this.#lake, name), { isForQueries: true });
      const opened = {
        table,
        lookedMs: performance.now(),
        looking: undefined,
        past: new Map<number, Snapshot>(),
        committedMs: new Map<number, number>(),
      };
      this.#opened.set(name, opened);
      return opened;
    } catch (error) {
      // A collector that begins makes the folder first.
      if (!(error instanceof LakeError && error.code === 'TABLE_NOT_FOUND')) throw error;
      this.#missedMs.set(name, performance.now());
      return undefined;
    }
  }
}

async function snapshotAt({ table, past }: OpenedTable, version: number): Promise<Snapshot> {
  if (version === table.version) return table.snapshot;
  const known = past.get(version);
  const snapshot = known ?? (await table.snapshotAt(version));
  past.delete(version);
  past.set(version, snapshot);
  for (const [oldest] of past) {
    if (past.size <= KEPT_SNAPSHOTS) break;
    past.delete(oldest);
  }
  return snapshot;
}

async function snapshotAtTime(
  opened: OpenedTable,
  timeMs: number,
  isMain: boolean,
): Promise<Snapshot | undefined> {
  try {
    return await snapshotAt(opened, await versionAt(opened.table.store, timeMs));
  } catch (error) {
    // A table beside the one that is asked for may have come later.
    const isLater = error instanceof LakeError && error.code === 'VERSION_NOT_FOUND';
    if (isMain || !isLater || !(await isWhole(opened))) throw error;
    return undefined;
  }
}

/** Whether the log still has its first commit, so that a time before it means that there was no table. */
async function isWhole({ table }: OpenedTable): Promise<boolean> {
  return (await table.store.read(commitName(0))) !== undefined;
}

async function committedMs({ table, committedMs: known }: OpenedTable, version: number): Promise<number> {
  const found = known.get(version);
  if (found !== undefined) return found;
  // A commit that was cleaned up leaves its version to a checkpoint: then nothing tells its time.
  const actions = await readCommit(table.store, commitName(version)).catch(() => []);
  const [info] = actions.flatMap((action) => ('commitInfo' in action ? [action.commitInfo] : []));
  const timeMs = Number(info?.inCommitTimestamp ?? info?.timestamp ?? 0);
  if (known.size >= KEPT_TIMES) known.clear();
  known.set(version, timeMs);
  return timeMs;
}
