/** By how much a lake grows, measured from its logs: what is live of the last week, compaction included. Pure. */
import type { AddFile } from '../../delta/log/actions.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';

const DAY_MS = 86_400_000;
const WINDOW_DAYS = 7;
/** A lake that is younger says nothing yet. */
const LEAST_MS = 10 * 60_000;

type Measured = Pick<Snapshot, 'files' | 'metadata'>;

/** @returns bytes a day; undefined when there is too little to measure. */
export function growthBytesPerDay(tables: readonly Measured[], nowMs: number): number | undefined {
  const windowMs = Math.floor(nowMs / DAY_MS) * DAY_MS - WINDOW_DAYS * DAY_MS;
  const adds = tables.flatMap(({ files }) => [...files.values()]);
  if (adds.length === 0) return undefined;
  const bornMs = tables.reduce((first, table) => Math.min(first, bornAt(table)), nowMs);
  const spanMs = nowMs - Math.max(windowMs, bornMs);
  if (spanMs < LEAST_MS) return undefined;
  const bytes = adds
    .filter((add) => timeOf(add) >= windowMs)
    .reduce((sum, { size }) => sum + Number(size), 0);
  return (bytes / spanMs) * DAY_MS;
}

function bornAt({ metadata, files }: Measured): number {
  if (metadata.createdTime !== undefined) return Number(metadata.createdTime);
  let first = Number.POSITIVE_INFINITY;
  for (const { modificationTime } of files.values()) first = Math.min(first, Number(modificationTime));
  return first;
}

/** The day that the rows belong to, since compaction writes a file anew; without days, when it was written. */
function timeOf({ partitionValues, modificationTime }: AddFile): number {
  const dayMs = Date.parse(`${partitionValues.date}T00:00:00Z`);
  return Number.isNaN(dayMs) ? Number(modificationTime) : dayMs;
}
