/** `crypto-lake tables --check --max-lag 5m`: exit 3 when a source of the lake shows no fresh proof of life. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError } from '../base/errors.ts';
import type { CommandContext, Flags } from '../cli/context.ts';
import { printRows } from '../cli/print-rows.ts';
import { parseDuration } from '../config/parse-value.ts';
import { spoolRoot } from '../services/source.ts';
import { readStatus } from '../spool/state/status-file.ts';
import { WORKING_STATES } from './working-states.ts';

const COLUMNS = {
  source: 'name',
  state: 'name',
  at: 'time',
  lag_seconds: 'integer',
  waiting_seconds: 'integer',
  fresh: 'boolean',
} as const;

/** @throws LakeError CHECK_FAILED, USAGE. */
export async function checkFreshness({ config, io }: CommandContext, flags: Flags): Promise<void> {
  const maxLagMs = maxLag(flags);
  const sources = (await readdir(spoolRoot(config.lake)).catch(() => [])).filter(
    (name) => !name.includes('.') && name !== 'once',
  );
  const rows = await Promise.all(
    sources.map(async (source) => {
      const status = await readStatus(join(spoolRoot(config.lake), source));
      const lagMs = status ? Date.now() - Date.parse(status.at) : Number.POSITIVE_INFINITY;
      const waitingMs = status?.waitingSince ? Date.now() - Date.parse(status.waitingSince) : 0;
      // A heartbeat of the future is one of a clock that was set back since.
      const isFresh =
        Math.abs(lagMs) <= maxLagMs && waitingMs <= maxLagMs && WORKING_STATES.has(status?.state ?? '');
      return {
        source,
        state: status?.state ?? null,
        at: status?.at ?? null,
        lag_seconds: Number.isFinite(lagMs) ? Math.round(lagMs / 1000) : null,
        waiting_seconds: Math.round(waitingMs / 1000),
        fresh: isFresh,
      };
    }),
  );
  await printRows(io, flags, COLUMNS, rows);
  const stale = rows.filter(({ fresh }) => !fresh);
  if (rows.length > 0 && stale.length === 0) return;
  const what =
    stale.length > 0
      ? stale
          .map(({ source, state, waiting_seconds }) => {
            const waits =
              waiting_seconds * 1000 > maxLagMs ? `, nothing stored for ${waiting_seconds} s` : '';
            return `${source} (${state ?? 'no heartbeat'}${waits})`;
          })
          .join(', ')
      : 'no collector has run here';
  throw new LakeError('CHECK_FAILED', `the lake is stale: ${what}`, {
    hint: 'look whether the collector runs, and at its log',
  });
}

function maxLag({ maxLag: text }: Flags): number {
  try {
    return parseDuration(String(text));
  } catch {
    throw new LakeError('USAGE', '`--max-lag` must be a time such as `5m`', { hint: 'the default is `5m`' });
  }
}
