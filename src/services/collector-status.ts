/** How a collector is doing: for the live line, the heartbeat file, and the last words. */
import type { IngestReport } from '../ingest/commit/ingest-job.ts';
import type { Recovery } from '../ingest/commit/recovery-progress.ts';
import type { Source } from '../sources/source.ts';
import type { RepairProgress } from '../spool/state/status-file.ts';

export interface CollectorStatus {
  /** The id of the source. */
  readonly source: string;
  /** The table that its rows are counted by. */
  readonly table: string;
  /** What `frames` counts: `frames` or `polls`. */
  readonly unit: string;
  /** `connecting`, `listening`, `waiting`, … as its connections say. */
  state: string;
  /** Since when the state holds, in microseconds since the epoch. */
  sinceUs: number;
  /** What arrived since the start: frames, or polls. */
  frames: number;
  /** Rows stored since the start, by table. */
  readonly rows: Record<string, number>;
  duplicates: number;
  /** Segments stored since the start, and how long that took. */
  segments: number;
  storeMs: number;
  /** Newest event time stored, in microseconds since the epoch. */
  lastEventUs: number | undefined;
  backlog: number;
  nextFlushMs: number;
  /** Nobody wants anything of it now: it is not shown. */
  isIdle?: boolean;
  /** Of bars: how the filling of holes goes. */
  repair?: RepairProgress;
  /** While segments of an earlier run are stored. */
  recovery?: Recovery | undefined;
}

export function createStatus({ id, tables, feed }: Source, nowUs: number): CollectorStatus {
  return {
    source: id,
    table: tables[0].name,
    unit: feed === undefined ? 'polls' : 'frames',
    state: 'starting',
    sinceUs: nowUs,
    frames: 0,
    rows: {},
    duplicates: 0,
    segments: 0,
    storeMs: 0,
    lastEventUs: undefined,
    backlog: 0,
    nextFlushMs: 0,
  };
}

export function addReport(status: CollectorStatus, report: IngestReport): void {
  for (const [table, rows] of Object.entries(report.rows))
    status.rows[table] = (status.rows[table] ?? 0) + rows;
  status.duplicates += report.duplicates;
  status.segments++;
  status.storeMs += report.elapsedMs;
  if (report.lastEventUs !== undefined)
    status.lastEventUs = Math.max(status.lastEventUs ?? 0, report.lastEventUs);
}

export function setState(status: CollectorStatus, state: string, nowUs: number): void {
  if (status.state === state) return;
  status.state = state;
  status.sinceUs = nowUs;
}
