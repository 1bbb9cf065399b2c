/**
 * Builds the state of a table at a version from its log: checkpoint, then commits. A checkpoint that cannot be read is
 * left out when the commits below it are still there.
 */
import { LakeError, messageOf, systemCodeOf } from '../../base/errors.ts';
import type { CheckpointFormat } from '../checkpoint/checkpoint-format.ts';
import type { TableStore } from '../store/table-store.ts';
import type { Action } from './actions.ts';
import { parseAction, parseCommit } from './commit-json.ts';
import { parseJson } from './json.ts';
import { LAST_CHECKPOINT, LOG_FOLDER, versionPrefix } from './log-path.ts';
import { LogReplay } from './log-replay.ts';
import { type Checkpoint, type LogSegment, planLogSegment } from './log-segment.ts';

export interface CheckpointReader {
  readonly checkpoints: CheckpointFormat;
  /** Without removed files, of which a table keeps a week: for handles that never commit, vacuum or restore. */
  readonly isForQueries?: boolean;
}

export interface LoadedSnapshot {
  readonly state: LogReplay;
  readonly version: number;
  readonly checkpointVersion: number | undefined;
}

/** Commits read at once. */
const READ_AHEAD = 32;

/** @throws LakeError TABLE_NOT_FOUND, VERSION_NOT_FOUND, TABLE_DAMAGED. */
export async function loadSnapshot(
  store: TableStore,
  reader: CheckpointReader,
  target?: number,
): Promise<LoadedSnapshot> {
  let names = await listLog(store, target);
  const broken = new Set<number>();
  for (;;) {
    const segment = planLogSegment(names, { location: store.location, target, without: broken });
    const state = new LogReplay();
    try {
      if (segment.checkpoint) state.apply(await readCheckpoint(store, reader, segment.checkpoint));
    } catch (error) {
      const { version } = segment.checkpoint as Checkpoint;
      broken.add(version);
      // The hint may have kept the commits below the checkpoint out of the listing.
      names = await store.listNames(LOG_FOLDER);
      if (!canDoWithout(names, store, target, broken))
        // A disk or a permission that refuses is no damage.
        throw systemCodeOf(error) === undefined ? unreadable(segment.checkpoint as Checkpoint, error) : error;
      continue;
    }
    await applyCommits(store, segment, state);
    return { state, version: segment.version, checkpointVersion: segment.checkpoint?.version };
  }
}

/** Lists from the checkpoint that the hint names; a hint that leads nowhere is ignored and everything is listed. */
async function listLog(store: TableStore, target: number | undefined): Promise<string[]> {
  const hinted = await readHint(store);
  if (hinted !== undefined && (target === undefined || hinted <= target)) {
    const names = await store.listNames(LOG_FOLDER, versionPrefix(hinted));
    if (names.some((name) => name.startsWith(`${LOG_FOLDER}/${versionPrefix(hinted)}.checkpoint`))) {
      try {
        planLogSegment(names, { location: store.location, target });
        return names;
      } catch {
        // The hint was not the whole truth.
      }
    }
  }
  return store.listNames(LOG_FOLDER);
}

async function readHint(store: TableStore): Promise<number | undefined> {
  const bytes = await store.read(LAST_CHECKPOINT);
  if (bytes === undefined) return undefined;
  try {
    const hint = parseJson(Buffer.from(bytes).toString()) as { version?: unknown };
    return typeof hint?.version === 'number' && Number.isSafeInteger(hint.version) ? hint.version : undefined;
  } catch {
    return undefined;
  }
}

/** All actions of a checkpoint, its sidecars included. @throws LakeError TABLE_DAMAGED, or what the engine throws. */
export async function readCheckpoint(
  store: TableStore,
  { checkpoints, isForQueries = false }: CheckpointReader,
  { names }: Checkpoint,
): Promise<Action[]> {
  const actions: Action[] = [];
  const leftOut = isForQueries ? 'remove' : undefined;
  for (const name of names) {
    if (name.endsWith('.json')) {
      const text = Buffer.from(await readWhole(store, name)).toString();
      for (const line of text.split('\n')) if (line.trim()) actions.push(parseAction(line, name));
    } else {
      for (const action of await checkpoints.readActions(await readWhole(store, name), name, leftOut))
        actions.push(action);
    }
  }
  for (const sidecar of actions.map(sidecarName).filter((name) => name !== undefined)) {
    const name = `${LOG_FOLDER}/_sidecars/${sidecar}`;
    for (const action of await checkpoints.readActions(await readWhole(store, name), name, leftOut))
      actions.push(action);
  }
  return actions;
}

/** @throws LakeError TABLE_DAMAGED when it is not there. */
async function readWhole(store: TableStore, name: string): Promise<Uint8Array> {
  const bytes = await store.readImmutable(name);
  if (bytes !== undefined) return bytes;
  throw new LakeError('TABLE_DAMAGED', `the log file \`${name}\` is not there, or no longer`, {
    hint: 'try again, or bring it back from a backup',
  });
}

/** V2 checkpoints keep their file actions in sidecars. */
function sidecarName(action: Action): string | undefined {
  if (!('unknown' in action) || action.unknown.name !== 'sidecar') return undefined;
  const { path } = action.unknown.value as { path?: unknown };
  if (typeof path === 'string' && /^[\w-][\w.-]*$/.test(path)) return path;
  throw new LakeError('TABLE_DAMAGED', 'a checkpoint names a sidecar outside of its folder', {
    hint: 'restore the table from a backup',
  });
}

async function applyCommits(store: TableStore, { commits }: LogSegment, state: LogReplay): Promise<void> {
  for (let start = 0; start < commits.length; start += READ_AHEAD) {
    const names = commits.slice(start, start + READ_AHEAD);
    const contents = await Promise.all(names.map((name) => readCommit(store, name)));
    for (const actions of contents) state.apply(actions);
  }
}

/** @throws LakeError TABLE_DAMAGED */
export async function readCommit(store: TableStore, name: string): Promise<Action[]> {
  return parseCommit(await readWhole(store, name), name);
}

function canDoWithout(
  names: readonly string[],
  { location }: TableStore,
  target: number | undefined,
  broken: ReadonlySet<number>,
): boolean {
  try {
    planLogSegment(names, { location, target, without: broken });
    return true;
  } catch {
    return false;
  }
}

function unreadable({ names }: Checkpoint, cause: unknown): LakeError {
  return new LakeError(
    'TABLE_DAMAGED',
    `the checkpoint \`${names[0]}\` cannot be read: ${messageOf(cause)}`,
    {
      hint: 'bring the file back from a backup; the commits below it are no longer there',
      cause,
    },
  );
}
