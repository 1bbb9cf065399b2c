/**
 * Which files of the log make up a version: the newest complete checkpoint at or below it, and every commit after.
 * Pure. Source: Delta protocol, "Action Reconciliation", "Checkpoints".
 */
import { LakeError } from '../../base/errors.ts';
import { type LogPath, parseLogPath } from './log-path.ts';

export interface Checkpoint {
  readonly version: number;
  readonly kind: 'classic' | 'multi-part' | 'v2';
  /** Names in the store; one, or all the parts. */
  readonly names: readonly string[];
}

export interface LogSegment {
  readonly version: number;
  readonly checkpoint: Checkpoint | undefined;
  /** Names of the commits after the checkpoint, oldest first, without a gap. */
  readonly commits: readonly string[];
}

export interface PlanOptions {
  readonly location: string;
  /** The version to build; the newest when undefined. */
  readonly target?: number | undefined;
  /** Checkpoints that turned out to be broken. */
  readonly without?: ReadonlySet<number>;
}

/** @throws LakeError TABLE_NOT_FOUND, VERSION_NOT_FOUND, TABLE_DAMAGED (a gap, with its version). */
export function planLogSegment(
  names: readonly string[],
  { location, target, without }: PlanOptions,
): LogSegment {
  const paths = names.map(parseLogPath).filter((path) => path !== undefined);
  const commits = new Map(
    paths.flatMap((path) => (path.kind === 'commit' ? [[path.version, path.name] as const] : [])),
  );
  const checkpoints = completeCheckpoints(paths);
  const newest = paths.reduce(
    (highest, path) => (commits.has(path.version) ? Math.max(highest, path.version) : highest),
    checkpoints.at(-1)?.version ?? -1,
  );
  if (newest < 0) {
    throw new LakeError('TABLE_NOT_FOUND', `\`${location}\` is not a Delta table`, {
      hint: 'a Delta table is a folder with a `_delta_log` folder in it',
    });
  }
  const version = target ?? newest;
  if (version > newest) {
    throw new LakeError(
      'VERSION_NOT_FOUND',
      `the table \`${location}\` has no version ${version}; the newest is ${newest}`,
    );
  }
  const checkpoint = checkpoints
    .filter((candidate) => candidate.version <= version && !without?.has(candidate.version))
    .at(-1);
  const needed: string[] = [];
  for (let next = (checkpoint?.version ?? -1) + 1; next <= version; next++) {
    const name = commits.get(next);
    if (name === undefined)
      throw missingCommit(location, next, version, checkpoints.length > 0 && checkpoint === undefined);
    needed.push(name);
  }
  return { version, checkpoint, commits: needed };
}

/** In ascending order; at one version the best kind last (classic before v2 content). */
export function completeCheckpoints(paths: readonly LogPath[]): Checkpoint[] {
  const found: Checkpoint[] = [];
  const parts = new Map<string, { version: number; parts: number; names: Map<number, string> }>();
  for (const path of paths) {
    if (path.kind === 'checkpoint')
      found.push({ version: path.version, kind: 'classic', names: [path.name] });
    if (path.kind === 'v2-checkpoint') found.push({ version: path.version, kind: 'v2', names: [path.name] });
    if (path.kind === 'checkpoint-part') {
      const key = `${path.version}/${path.parts}`;
      const group = parts.get(key) ?? { version: path.version, parts: path.parts, names: new Map() };
      group.names.set(path.part, path.name);
      parts.set(key, group);
    }
  }
  for (const { version, parts: count, names } of parts.values()) {
    if (names.size === count) found.push({ version, kind: 'multi-part', names: [...names.values()] });
  }
  const rank = { classic: 0, 'multi-part': 1, v2: 2 } as const;
  return found.sort((a, b) => a.version - b.version || rank[a.kind] - rank[b.kind]);
}

function missingCommit(location: string, missing: number, version: number, tooOld: boolean): LakeError {
  if (tooOld) {
    return new LakeError(
      'VERSION_NOT_FOUND',
      `version ${version} of \`${location}\` can no longer be built: commit ${missing} was cleaned up`,
      {
        hint: 'choose a newer version',
      },
    );
  }
  return new LakeError('TABLE_DAMAGED', `the log of \`${location}\` has a gap: missing version ${missing}`, {
    hint: 'bring the missing file back from a backup, or restore the table from one',
  });
}
