/** Whether what should run does: by the heartbeats of the collectors, and the age of the newest rows. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { readPackage } from '../base/program-file.ts';
import { LAKE_TABLES } from '../lake/registry.ts';
import { WORKING_STATES } from '../lake/working-states.ts';
import { type RepairProgress, readStatus } from '../spool/state/status-file.ts';
import type { LakeReader } from './lake-reader.ts';
import { newestTimeOf } from './table-times.ts';

export interface HealthOptions {
  /** The folder of all spools of the lake; undefined when this machine has none. */
  readonly spool: string | undefined;
  readonly reader: LakeReader;
  readonly clock: Clock;
  readonly startedMs: number;
  readonly expected: readonly string[];
}

export interface CollectorHealth {
  readonly source: string;
  readonly state: string | null;
  readonly at: string | null;
  readonly lag_seconds: number | null;
  readonly backlog: number;
  readonly waiting_seconds: number;
  readonly fresh: boolean;
  /** Of bars: how the filling of holes goes; null for what has none to fill. */
  readonly repair: {
    readonly missing_minutes: number;
    readonly unanswered_minutes: number;
    readonly repaired_minutes: number;
    readonly reread_minutes: number;
  } | null;
}

/** A heartbeat comes every 5 s; a machine with much else to do may miss some. */
const MAX_LAG_MS = 60_000;

export async function lakeHealth({ spool, reader, clock, startedMs, expected }: HealthOptions) {
  const nowMs = clock.nowUs() / 1000;
  const collectors = await collectorsOf(spool, expected, nowMs);
  const { tables } = await reader.tables.pin(
    LAKE_TABLES.map(({ name }) => name),
    { kind: 'newest' },
  );
  const ages: Record<string, number> = {};
  for (const table of LAKE_TABLES) {
    const pinned = tables.get(table.name);
    const newestMs = pinned && newestTimeOf(pinned.snapshot, table.timeColumn);
    if (newestMs !== undefined) ages[table.name] = Math.round((nowMs - newestMs) / 1000);
  }
  return {
    status: collectors.every(({ fresh }) => fresh) ? ('ok' as const) : ('stale' as const),
    version: readPackage().version,
    uptime_seconds: Math.round((performance.now() - startedMs) / 1000),
    lake: { tables: tables.size, newest_row_age_seconds: ages },
    collectors,
  };
}

/** One that was stopped is nobody's trouble, unless it was named as one that should run. */
async function collectorsOf(
  spool: string | undefined,
  expected: readonly string[],
  nowMs: number,
): Promise<CollectorHealth[]> {
  const entries = spool === undefined ? [] : await readdir(spool, { withFileTypes: true }).catch(() => []);
  const folders = entries
    .filter((entry) => entry.isDirectory() && !entry.name.includes('.') && entry.name !== 'once')
    .map(({ name }) => name);
  const names = [...new Set([...folders, ...expected])].sort();
  const all = await Promise.all(
    names.map(async (source) => {
      const status = spool === undefined ? undefined : await readStatus(join(spool, source));
      const isWanted = expected.includes(source) || (status !== undefined && status.state !== 'stopped');
      const lagMs = status ? nowMs - Date.parse(status.at) : Number.POSITIVE_INFINITY;
      const waitingMs = status?.waitingSince ? nowMs - Date.parse(status.waitingSince) : 0;
      const fresh =
        Math.abs(lagMs) <= MAX_LAG_MS && waitingMs <= MAX_LAG_MS && WORKING_STATES.has(status?.state ?? '');
      const health: CollectorHealth = {
        source,
        state: status?.state ?? null,
        at: status?.at ?? null,
        lag_seconds: Number.isFinite(lagMs) ? Math.round(lagMs / 1000) : null,
        backlog: status?.backlog ?? 0,
        waiting_seconds: Math.round(waitingMs / 1000),
        fresh,
        repair: status?.repair ? repairOf(status.repair) : null,
      };
      return isWanted ? [health] : [];
    }),
  );
  return all.flat();
}

function repairOf(repair: RepairProgress): CollectorHealth['repair'] {
  return {
    missing_minutes: repair.missingMinutes,
    unanswered_minutes: repair.unansweredMinutes,
    repaired_minutes: repair.repairedMinutes,
    reread_minutes: repair.rereadMinutes,
  };
}
