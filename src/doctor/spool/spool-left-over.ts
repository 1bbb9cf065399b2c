/** Is the spool empty but for what is collected right now? Who holds the lock, and what waits to be stored? */

import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError } from '../../base/errors.ts';
import { sizeText } from '../../base/size.ts';
import { readSegment } from '../../spool/segments/read-segment.ts';
import { segmentNumber, segmentPath } from '../../spool/segments/segment-file.ts';
import { setAsideIn } from '../../spool/segments/set-aside.ts';
import { isAlive, readHolder } from '../../spool/state/lock-holder.ts';
import { type RepairProgress, readStatus } from '../../spool/state/status-file.ts';
import { type Check, type CheckResult, mergeResults } from '../check.ts';

/** A collector has one segment open and one or two on their way to the tables. */
const MANY_WAITING = 10;

export interface SpoolFixes {
  /** The command that collects a source, and stores what is left over first. */
  readonly collect: (source: string) => string;
  /** The one that stores what was set aside. */
  readonly takeBack: string;
}

export function spoolLeftOver(spool: string, { collect, takeBack }: SpoolFixes): Check {
  return {
    name: 'spool',
    async run() {
      const entries = await readdir(spool, { withFileTypes: true }).catch(() => []);
      // A task's own folder, as `.derive`, collects nothing.
      const isSource = (entry: Dirent) => entry.isDirectory() && !entry.name.startsWith('.');
      const sources = entries.filter(isSource).map(({ name }) => name);
      const results = await Promise.all(
        sources.map((source) => lookAt(join(spool, source), source, collect(source), takeBack)),
      );
      return mergeResults(results, 'nothing was collected here yet');
    },
  };
}

async function lookAt(
  folder: string,
  source: string,
  collect: string,
  takeBack: string,
): Promise<CheckResult> {
  const aside = await setAsideIn(folder);
  if (aside.length > 0) {
    return {
      status: 'warn',
      text: `${source}: ${aside.length} ${aside.length === 1 ? 'segment is' : 'segments are'} set aside, and may not be stored`,
      fix: takeBack,
    };
  }
  const segments = (await readdir(folder)).map(segmentNumber).filter((segment) => segment !== undefined);
  for (const segment of segments) {
    const damage = await damageOf(segmentPath(folder, segment));
    if (damage) return { status: 'fail', text: damage.message, fix: damage.hint ?? collect };
  }
  const count = `${segments.length} ${segments.length === 1 ? 'segment' : 'segments'}`;
  const lock = join(folder, 'lock');
  const holder = await readHolder(lock);
  if (holder !== 'none' && (await isAlive(holder, lock))) {
    const who = holder === 'damaged' ? 'another process' : `process ${holder.pid}`;
    const status = await readStatus(folder);
    const text = `${source}: ${who} collects (${status?.state ?? 'no heartbeat'}), ${count} in the spool${repairText(status?.repair)}`;
    if (segments.length <= MANY_WAITING) return { status: 'ok', text };
    return { status: 'warn', text, fix: "the tables do not take them: look at the collector's log" };
  }
  if (segments.length === 0) return { status: 'ok', text: `${source}: nothing waits, and nobody collects` };
  const bytes = await Promise.all(segments.map((segment) => stat(segmentPath(folder, segment))));
  const total = bytes.reduce((sum, { size }) => sum + size, 0);
  return {
    status: 'warn',
    text: `${source}: ${count} left (${sizeText(total)}), and nobody collects`,
    fix: collect,
  };
}

/** Minutes that the exchange does not tell are no trouble of ours. */
function repairText(repair: RepairProgress | undefined): string {
  if (repair === undefined) return '';
  const parts = [
    `${repair.missingMinutes.toLocaleString('en')} minutes are asked for`,
    `${repair.unansweredMinutes.toLocaleString('en')} were not answered`,
    `${repair.repairedMinutes.toLocaleString('en')} repaired`,
    `${repair.rereadMinutes.toLocaleString('en')} read again`,
  ];
  return ` (${parts.join(', ')})`;
}

/** Whether a segment can be read at all; damage in its middle costs nothing but what it hits. */
async function damageOf(path: string): Promise<LakeError | undefined> {
  const records = readSegment(path);
  try {
    await records.next();
    return undefined;
  } catch (error) {
    if (error instanceof LakeError) return error;
    // Stored and gone while we looked.
    return undefined;
  } finally {
    await records.return();
  }
}
