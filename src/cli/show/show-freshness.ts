/** `crypto-lake tables --check --max-lag 5m`: exit 3 when a source of the lake shows no fresh proof of life. */
import { durationText } from '../../base/duration.ts';
import { LakeError } from '../../base/errors.ts';
import { parseSpan } from '../../config/parse-value.ts';
import { readFreshness } from '../../lake/freshness.ts';
import { requireLake } from '../../lake/lake-catalog.ts';
import { spoolRoot } from '../../spool/state/spool-folder.ts';
import type { CommandContext, Flags } from '../context.ts';
import { printRows } from '../print-rows.ts';

const COLUMNS = {
  source: 'name',
  state: 'name',
  at: 'time',
  lag_seconds: 'integer',
  waiting_seconds: 'integer',
  fresh: 'boolean',
  missing_minutes: 'integer',
  unanswered_minutes: 'integer',
  repaired_minutes: 'integer',
  reread_minutes: 'integer',
} as const;

/** @throws LakeError CHECK_FAILED, USAGE. */
export async function showFreshness({ config, io }: CommandContext, flags: Flags): Promise<void> {
  const maxLagMs = maxLag(flags);
  await requireLake(config.lake);
  const sources = await readFreshness(spoolRoot(config), maxLagMs, Date.now());
  const rows = sources.map(({ source, state, at, lagMs, waitingMs, isFresh, repair }) => ({
    source,
    state,
    at,
    lag_seconds: lagMs === null ? null : Math.round(lagMs / 1000),
    waiting_seconds: Math.round(waitingMs / 1000),
    fresh: isFresh,
    missing_minutes: repair?.missingMinutes ?? null,
    unanswered_minutes: repair?.unansweredMinutes ?? null,
    repaired_minutes: repair?.repairedMinutes ?? null,
    reread_minutes: repair?.rereadMinutes ?? null,
  }));
  await printRows(io, flags, COLUMNS, rows);
  const stale = sources.filter(({ isFresh }) => !isFresh);
  if (sources.length > 0 && stale.length === 0) return;
  const reasons = stale.map(({ source, state, waitingMs }) => {
    const waits = waitingMs > maxLagMs ? `, nothing stored for ${durationText(waitingMs)}` : '';
    return `${source} (${state ?? 'no heartbeat'}${waits})`;
  });
  const what = stale.length > 0 ? reasons.join(', ') : 'no collector has run here';
  throw new LakeError('CHECK_FAILED', `the lake is stale: ${what}`, {
    hint: 'look whether the collector runs, and at its log',
  });
}

function maxLag({ maxLag: text }: Flags): number {
  try {
    return parseSpan(String(text));
  } catch {
    throw new LakeError('USAGE', '`--max-lag` must be a time such as `5m`', { hint: 'the default is `5m`' });
  }
}
