/** The heartbeat of a collector: what it does right now, for `tables --check` and other machines. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface StatusFile {
  /** ISO time in UTC at which it was written. */
  readonly at: string;
  readonly pid: number;
  readonly state: string;
  readonly frames: number;
  readonly rows: Readonly<Record<string, number>>;
  /** Rows that were there already, segments stored, and how long that took: since the start. */
  readonly duplicates?: number;
  readonly segments?: number;
  readonly storeMs?: number;
  /** ISO time in UTC of the newest event that is stored. */
  readonly newestEvent?: string;
  /** Closed segments that are not yet in the tables. */
  readonly backlog: number;
  /** ISO time in UTC since which such segments wait and none was stored; absent when none waits. */
  readonly waitingSince?: string;
  /** Of a source whose holes are filled by asking for them. */
  readonly repair?: RepairProgress;
}

/** Whole minutes, those of several symbols added up. */
export interface RepairProgress {
  /** Known to be missing, and asked for next. */
  readonly missingMinutes: number;
  /** Asked for in vain, and again with growing pauses: the exchange does not tell them. */
  readonly unansweredMinutes: number;
  /** Filled since the start. */
  readonly repairedMinutes: number;
  /** Read again since the start, since exchanges correct their bars. */
  readonly rereadMinutes: number;
}

/** Not synced: it is stale after a crash anyway. */
export async function writeStatus(folder: string, status: StatusFile): Promise<void> {
  const path = join(folder, FILE);
  await writeFile(`${path}.tmp`, `${JSON.stringify(status)}\n`);
  await rename(`${path}.tmp`, path);
}

export async function readStatus(folder: string): Promise<StatusFile | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, FILE), 'utf8')) as StatusFile;
  } catch {
    return undefined;
  }
}

const FILE = 'status.json';
