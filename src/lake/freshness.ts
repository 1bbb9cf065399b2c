/** Which sources of a lake show a fresh proof of life, by their heartbeats. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type RepairProgress, readStatus } from '../spool/state/status-file.ts';
import { WORKING_STATES } from './working-states.ts';

export interface SourceFreshness {
  readonly source: string;
  /** Null without a heartbeat. */
  readonly state: string | null;
  /** ISO time of the heartbeat. */
  readonly at: string | null;
  readonly lagMs: number | null;
  /** Since when closed segments wait and none was stored; 0 when none waits. */
  readonly waitingMs: number;
  readonly isFresh: boolean;
  /** Of bars: how the filling of holes goes. */
  readonly repair: RepairProgress | undefined;
}

/**
 * @param spools the folder of all spools. Its files (upkeep's lock, bans) are no sources, nor is `once`, which ends.
 * @returns a row for each source that ever collected here.
 */
export async function readFreshness(
  spools: string,
  maxLagMs: number,
  nowMs: number,
): Promise<SourceFreshness[]> {
  const names = (await readdir(spools).catch(() => [])).filter((name) => !/^\.|^once$/.test(name));
  const rows = await Promise.all(names.map((name) => freshnessOf(spools, name, maxLagMs, nowMs)));
  return rows.filter((row) => row !== undefined);
}

async function freshnessOf(
  spools: string,
  source: string,
  maxLagMs: number,
  nowMs: number,
): Promise<SourceFreshness | undefined> {
  const folder = join(spools, source);
  const isFolder = await stat(folder).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isFolder) return undefined;
  const status = await readStatus(folder);
  const lagMs = status ? nowMs - Date.parse(status.at) : Number.NaN;
  const waitingMs = status?.waitingSince ? nowMs - Date.parse(status.waitingSince) : 0;
  return {
    source,
    state: status?.state ?? null,
    at: status?.at ?? null,
    lagMs: Number.isNaN(lagMs) ? null : lagMs,
    waitingMs,
    // A heartbeat of the future is one of a clock that was set back since.
    isFresh: Math.abs(lagMs) <= maxLagMs && waitingMs <= maxLagMs && WORKING_STATES.has(status?.state ?? ''),
    repair: status?.repair,
  };
}
