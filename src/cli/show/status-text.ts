/** The live line of a collector: since when it is connected, what came, what is stored, when the next flush is. */
import { durationText, timeLeftText } from '../../base/duration.ts';
import type { Recovery } from '../../ingest/commit/recovery-progress.ts';
import type { CollectorStatus } from '../../services/collector-status.ts';
import { progressBar } from '../progress.ts';

export function statusText(statuses: readonly CollectorStatus[], nowUs: number): string {
  return statuses
    .filter(({ isIdle }) => !isIdle)
    .map((status) => one(status, nowUs))
    .join('  │  ');
}

function one(status: CollectorStatus, nowUs: number): string {
  const { source, table, unit, state, sinceUs, frames, rows, lastEventUs, nextFlushMs, backlog, recovery } =
    status;
  return [
    `${source} ${state} ${durationText((nowUs - sinceUs) / 1000)}`,
    ...(recovery ? [recoveryText(recovery)] : []),
    `${frames.toLocaleString('en')} ${unit}`,
    `${(rows[table] ?? 0).toLocaleString('en')} rows`,
    lastEventUs === undefined
      ? 'no event yet'
      : `last ${new Date(lastEventUs / 1000).toISOString().slice(11, 19)}`,
    `flush in ${timeLeftText(nextFlushMs)}`,
    ...(status.repair?.missingMinutes
      ? [`${status.repair.missingMinutes.toLocaleString('en')} missing minutes are asked for`]
      : []),
    ...(backlog > 1 && !recovery ? [`${backlog} segments wait`] : []),
  ].join(' · ');
}

function recoveryText({ stored, total, secondsLeft }: Recovery): string {
  const left = secondsLeft === undefined ? '' : `, ${durationText(secondsLeft * 1000)} left`;
  return `earlier segments ${progressBar(stored / total, true)} ${stored} of ${total}${left}`;
}
