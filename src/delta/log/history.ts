/** The commits of a table, and which version was the newest at a time. Source: Spark's DeltaHistoryManager. */
import { LakeError } from '../../base/errors.ts';
import type { TableStore } from '../store/table-store.ts';
import type { CommitInfo } from './actions.ts';
import { readCommit } from './load-snapshot.ts';
import { LOG_FOLDER, parseLogPath } from './log-path.ts';

export interface HistoryEntry {
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly info: CommitInfo;
  readonly adds: number;
  readonly removes: number;
}

/** The commits that are still in the log, newest first. */
export async function readHistory(store: TableStore, limit: number): Promise<HistoryEntry[]> {
  const commits = await listCommits(store);
  const entries: HistoryEntry[] = [];
  for (const { version, name, timeMs } of commits.reverse().slice(0, limit)) {
    const actions = await readCommit(store, name);
    const info = actions.flatMap((action) => ('commitInfo' in action ? [action.commitInfo] : []))[0] ?? {};
    entries.push({
      version,
      timeMs: Number(info.inCommitTimestamp ?? timeMs),
      info,
      adds: actions.filter((action) => 'add' in action).length,
      removes: actions.filter((action) => 'remove' in action).length,
    });
  }
  return entries;
}

/**
 * The newest version committed at or before a time: by the times in the commits where the table keeps them there, else
 * by the commit files' own times, made strictly increasing, as other engines do. A time after the newest commit means
 * the newest.
 *
 * @throws LakeError VERSION_NOT_FOUND for a time before the first commit in the log.
 */
export async function versionAt(store: TableStore, timeMs: number): Promise<number> {
  const commits = await listCommits(store);
  let mayTell = true;
  let since = ' it has no commit in its log';
  for (const { version, name, timeMs: modifiedMs } of commits.reverse()) {
    const inCommitMs: number | undefined = mayTell ? await inCommitTime(store, name) : undefined;
    // A table keeps times in commits from some version on; before that, and in most tables, the files tell.
    mayTell = inCommitMs !== undefined;
    const committedMs = inCommitMs ?? modifiedMs;
    if (committedMs <= timeMs) return version;
    since = ` the first in its log is from ${new Date(committedMs).toISOString()}`;
  }
  throw new LakeError(
    'VERSION_NOT_FOUND',
    `the table \`${store.location}\` has no version at ${new Date(timeMs).toISOString()};${since}`,
  );
}

async function inCommitTime(store: TableStore, name: string): Promise<number | undefined> {
  const [first] = await readCommit(store, name);
  const inCommit = first && 'commitInfo' in first ? first.commitInfo.inCommitTimestamp : undefined;
  return inCommit === undefined ? undefined : Number(inCommit);
}

async function listCommits(store: TableStore): Promise<{ version: number; name: string; timeMs: number }[]> {
  const commits: { version: number; name: string; timeMs: number }[] = [];
  let lastMs = 0;
  for (const { name, modifiedMs } of await store.list(LOG_FOLDER, { followLinks: true })) {
    const path = parseLogPath(name);
    if (path?.kind !== 'commit') continue;
    lastMs = Math.max(Math.floor(modifiedMs), lastMs + 1);
    commits.push({ version: path.version, name, timeMs: lastMs });
  }
  return commits;
}
