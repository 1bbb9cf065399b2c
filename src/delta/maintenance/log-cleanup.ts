/**
 * Removes commits and checkpoints that no kept version needs.
 * Source: Delta protocol, "Metadata Cleanup". Only below a complete checkpoint that was read to the end, oldest first,
 * so that a crash leaves a log without a gap.
 */
import type { DeltaTable } from '../delta-table.ts';
import { checkWritable } from '../format/protocol-support.ts';
import { expiredLogCleanupEnabled, logRetentionMs } from '../format/table-properties.ts';
import { loadSnapshot } from '../log/load-snapshot.ts';
import { LOG_FOLDER, parseLogPath } from '../log/log-path.ts';
import { completeCheckpoints } from '../log/log-segment.ts';
import { snapshotOf } from '../log/snapshot.ts';
import type { StepHook, StoreEntry } from '../store/table-store.ts';
import { pinnedVersions } from './pins.ts';

const DAY_MS = 86_400_000;

/** @returns names of the files that were removed. @throws LakeError TABLE_UNSUPPORTED. */
export async function cleanUpLog(
  table: DeltaTable,
  nowMs: number,
  step: StepHook = () => undefined,
): Promise<string[]> {
  const { store } = table;
  const { metadata, protocol } = await table.refresh();
  checkWritable(protocol, metadata, store.location);
  if (!expiredLogCleanupEnabled(metadata)) return [];
  const entries = await store.list(LOG_FOLDER);
  const [oldestPin] = await pinnedVersions(store);
  const wanted = oldestKept(entries, nowMs, logRetentionMs(metadata), oldestPin);
  const proven = wanted === undefined ? undefined : await readableCheckpoint(table, wanted);
  const expired = [...filesBelow(entries, proven), ...oldTemporaryFiles(entries, nowMs)];
  for (const name of expired) {
    await store.delete(name);
    await step('cleanup:deleted');
  }
  return expired;
}

/** Pure: which files of the log may go if its checkpoints are sound, oldest version first. */
export function expiredLogFiles(
  entries: readonly StoreEntry[],
  nowMs: number,
  retentionMs: number,
): string[] {
  return [
    ...filesBelow(entries, oldestKept(entries, nowMs, retentionMs)),
    ...oldTemporaryFiles(entries, nowMs),
  ];
}

/**
 * The version of the newest complete checkpoint that is out of retention, with all the commits below it, and from which
 * every pinned version can still be built. A commit
 * counts as no older than those before it, whatever a clock that was set back wrote on its file.
 */
function oldestKept(
  entries: readonly StoreEntry[],
  nowMs: number,
  retentionMs: number,
  oldestPin = Number.POSITIVE_INFINITY,
): number | undefined {
  const cutoffMs = Math.floor((nowMs - retentionMs) / DAY_MS) * DAY_MS;
  const paths = entries.flatMap(({ name, modifiedMs }) => {
    const path = parseLogPath(name);
    return path ? [{ path, modifiedMs }] : [];
  });
  let newestExpired = -1;
  const commits = paths.filter(({ path }) => path.kind === 'commit');
  for (const { path, modifiedMs } of commits.sort((a, b) => a.path.version - b.path.version)) {
    if (modifiedMs > cutoffMs) break;
    newestExpired = path.version;
  }
  return completeCheckpoints(paths.map(({ path }) => path)).findLast(
    ({ version }) => version <= Math.min(newestExpired, oldestPin),
  )?.version;
}

/** The newest checkpoint at or below `version` that can really be read. */
async function readableCheckpoint(
  { store, checkpoints }: DeltaTable,
  version: number,
): Promise<number | undefined> {
  try {
    const { state, checkpointVersion } = await loadSnapshot(store, { checkpoints }, version);
    snapshotOf(state, version, store.location);
    return checkpointVersion;
  } catch {
    return undefined;
  }
}

function filesBelow(entries: readonly StoreEntry[], keepFrom: number | undefined): string[] {
  if (keepFrom === undefined) return [];
  return entries
    .map(({ name }) => ({ name, version: parseLogPath(name)?.version ?? sideFileVersion(name) ?? keepFrom }))
    .filter(({ version }) => version < keepFrom)
    .sort((a, b) => a.version - b.version)
    .map(({ name }) => name);
}

/** Version checksums and compacted commits of other writers: the version that they begin with. */
function sideFileVersion(name: string): number | undefined {
  const digits = /\/(\d{20})\.(?:crc|\d{20}\.compacted\.json)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function oldTemporaryFiles(entries: readonly StoreEntry[], nowMs: number): string[] {
  return entries
    .filter(({ name, modifiedMs }) => name.endsWith('.tmp') && modifiedMs < nowMs - DAY_MS)
    .map(({ name }) => name);
}
