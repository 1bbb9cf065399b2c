/** `tables --check --quality`: exit 3 when bars or prices of the last day have findings. */
import { LakeError } from '../../base/errors.ts';
import { recentFindings } from '../../derive/quality/recent-findings.ts';
import type { CommandContext, Flags } from '../context.ts';
import { asksForFormat, printRows } from '../print-rows.ts';

const COLUMNS = { check: 'name', severity: 'name', findings: 'integer', newest: 'text' } as const;
const DAY_MS = 86_400_000;

/** @throws LakeError CHECK_FAILED. */
export async function checkQuality({ config, io }: CommandContext, flags: Flags): Promise<void> {
  const found = await recentFindings(config.lake, (Date.now() - DAY_MS) * 1000);
  if (found.length > 0 || asksForFormat(flags)) await printRows(io, flags, COLUMNS, found);
  if (found.length === 0) return io.say('no findings in bars and prices of the last day');
  const total = found.reduce((sum, { findings }) => sum + findings, 0);
  throw new LakeError('CHECK_FAILED', `bars and prices of the last day have ${total} findings`, {
    hint: 'see which with `crypto-lake read --sql "SELECT * FROM quality ORDER BY row_time DESC LIMIT 50"`',
  });
}
