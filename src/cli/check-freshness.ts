/** `crypto-lake tables --check --max-lag 5m`: exit 3 when a source of the lake shows no fresh proof of life. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDuration } from '../config/parse-value.ts';
import { LakeError } from '../errors.ts';
import { spoolRoot } from '../services/source.ts';
import { readStatus } from '../spool/status-file.ts';
import type { CommandContext, Flags } from './context.ts';
import { printRows } from './print-rows.ts';

/** States in which a collector is up but hears nothing. */
const DEAF: ReadonlySet<string> = new Set(['connecting', 'waiting', 'stopped', 'failing', 'starting']);

const COLUMNS = {
  source: 'name',
  state: 'name',
  at: 'time',
  lag_seconds: 'integer',
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
      const isFresh = lagMs <= maxLagMs && !DEAF.has(status?.state ?? '');
      return {
        source,
        state: status?.state ?? null,
        at: status?.at ?? null,
        lag_seconds: Number.isFinite(lagMs) ? Math.round(lagMs / 1000) : null,
        fresh: isFresh,
      };
    }),
  );
  await printRows(io, flags, COLUMNS, rows);
  const stale = rows.filter(({ fresh }) => !fresh);
  if (rows.length > 0 && stale.length === 0) return;
  const what =
    stale.length > 0
      ? stale.map(({ source, state }) => `${source} (${state ?? 'no heartbeat'})`).join(', ')
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
