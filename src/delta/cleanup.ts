/**
 * Removes commits and checkpoints that no kept version needs.
 * Source: Delta protocol, "Metadata Cleanup". Only below a complete checkpoint, oldest first, so that a crash leaves a
 * log without a gap.
 */
import type { DeltaTable } from './delta-table.ts';
import { LOG_FOLDER, parseLogPath } from './log-path.ts';
import { completeCheckpoints } from './log-segment.ts';
import type { StoreEntry } from './store.ts';
import { expiredLogCleanupEnabled, logRetentionMs } from './table-properties.ts';

const DAY_MS = 86_400_000;

/** @returns names of the files that were removed. */
export async function cleanUpLog(table: DeltaTable, nowMs: number): Promise<string[]> {
  const { metadata } = table.snapshot;
  if (!expiredLogCleanupEnabled(metadata)) return [];
  const expired = expiredLogFiles(await table.store.list(LOG_FOLDER), nowMs, logRetentionMs(metadata));
  for (const name of expired) await table.store.delete(name);
  return expired;
}

/** Pure: which files of the log may go, oldest version first. */
export function expiredLogFiles(
  entries: readonly StoreEntry[],
  nowMs: number,
  retentionMs: number,
): string[] {
  const cutoffMs = Math.floor((nowMs - retentionMs) / DAY_MS) * DAY_MS;
  const paths = entries.map(({ name, modifiedMs }) => ({ path: parseLogPath(name), name, modifiedMs }));
  const oldCommits = paths.flatMap(({ path, modifiedMs }) =>
    path?.kind === 'commit' && modifiedMs <= cutoffMs ? [path.version] : [],
  );
  const newestOld = Math.max(-1, ...oldCommits);
  const checkpoints = completeCheckpoints(paths.flatMap(({ path }) => (path ? [path] : [])));
  const keepFrom = checkpoints.filter(({ version }) => version <= newestOld).at(-1)?.version;
  const orphans = entries
    .filter(({ name, modifiedMs }) => name.endsWith('.tmp') && modifiedMs < nowMs - DAY_MS)
    .map(({ name }) => name);
  if (keepFrom === undefined) return orphans;
  const old = paths.flatMap(({ path, name }) => {
    const version = path?.version ?? sideFileVersion(name);
    return version !== undefined && version < keepFrom ? [{ version, name }] : [];
  });
  return [...old.sort((a, b) => a.version - b.version).map(({ name }) => name), ...orphans];
}

/** Version checksums and compacted commits of other writers: the version that they begin with. */
function sideFileVersion(name: string): number | undefined {
  const digits = /\/(\d{20})\.(?:crc|\d{20}\.compacted\.json)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
