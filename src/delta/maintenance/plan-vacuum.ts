/**
 * Which files of a table's folder no kept version needs. Pure. A removed file is judged by when it was removed, one
 * that no version names by its age: a young one belongs to a running writer. Source: Spark's VacuumCommand, delta-rs.
 */
import { posix } from 'node:path';
import { locateFile } from '../format/file-path.ts';
import type { Snapshot } from '../log/snapshot.ts';
import type { StoreEntry } from '../store/table-store.ts';

/** Files that a killed writer or compaction of ours left behind. */
const OWN_TEMPORARY = /^\.tmp-[0-9a-f-]{36}\.tmp$/;

/** @throws LakeError TABLE_DAMAGED, TABLE_UNSUPPORTED for a path in the log that cannot be placed. */
export function planVacuum(
  snapshot: Pick<Snapshot, 'files' | 'tombstones' | 'partitionColumns'>,
  listing: readonly StoreEntry[],
  nowMs: number,
  retentionMs: number,
): StoreEntry[] {
  const cutoffMs = nowMs - retentionMs;
  const live = new Set([...snapshot.files.values()].map(({ path }) => placeOf(path)));
  const removedMs = new Map<string, number>();
  for (const { path, deletionTimestamp } of snapshot.tombstones.values()) {
    const place = placeOf(path);
    removedMs.set(place, Math.max(Number(deletionTimestamp ?? 0), removedMs.get(place) ?? 0));
  }
  return listing.filter(({ name, modifiedMs }) => {
    if (!isDataFile(name, snapshot.partitionColumns)) return false;
    if (live.has(name) || live.has(anywhere(name))) return false;
    const unneededSinceMs = removedMs.get(name) ?? Math.max(removedMs.get(anywhere(name)) ?? 0, modifiedMs);
    return unneededSinceMs < cutoffMs;
  });
}

/**
 * An absolute path may lead into the table by a name that we do not know it under (a link, a mount): such a file is
 * known by its last part alone, which is unique.
 */
function placeOf(path: string): string {
  const location = locateFile(path);
  return location.kind === 'relative' ? posix.normalize(location.name) : anywhere(location.path);
}

function anywhere(name: string): string {
  return `/${posix.basename(name)}`;
}

/** Nothing hidden, and nothing in a hidden folder; the folder of a partition may begin with anything. */
function isDataFile(name: string, partitionColumns: readonly string[]): boolean {
  const parts = name.split('/');
  return parts.every((part, index) => {
    if (!/^[_.]/.test(part) || OWN_TEMPORARY.test(part)) return true;
    return index < parts.length - 1 && partitionColumns.some((column) => part.startsWith(`${column}=`));
  });
}
