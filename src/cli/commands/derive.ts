/** `crypto-lake derive`: longer bars, indicators and features, from bars that are new; nothing where nothing changed. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError } from '../../base/errors.ts';
import { parseMoment } from '../../base/time-text.ts';
import { deriveLake } from '../../derive/derive-lake.ts';
import type { DeriveOptions } from '../../derive/derive-run.ts';
import { whatIsDue } from '../../derive/what-is-due.ts';
import { isTimeframe, TIMEFRAMES, type Timeframe } from '../../lake/timeframe.ts';
import { parseSymbol } from '../../questions/symbol-name.ts';
import { acquireLock } from '../../spool/state/lock.ts';
import { spoolRoot } from '../../spool/state/spool-folder.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { makeLake } from '../make-lake.ts';
import { asksForFormat, printRows } from '../print-rows.ts';

const DUE_COLUMNS = { table: 'name', timeframe: 'name', symbols: 'integer', since: 'time' } as const;
const COLUMNS = { table: 'name', rows: 'integer', partitions: 'integer', version: 'integer' } as const;

export const derive: Command = async (context, flags) => {
  const { config, io } = context;
  const options = optionsOf(context, flags);
  if (flags.dryRun === true) {
    const due = await whatIsDue(options);
    if (due.length === 0 && !asksForFormat(flags)) return io.say('nothing is due');
    return printRows(io, flags, DUE_COLUMNS, due);
  }
  await makeLake(config);
  const lock = await deriveLock(context);
  try {
    const tables = await deriveLake(options);
    if (asksForFormat(flags)) return await printRows(io, flags, COLUMNS, tables);
    for (const { table, rows, partitions, version } of tables) {
      const what = `${rows.toLocaleString('en')} rows in ${partitions} partitions`;
      io.say(`${table}: ${version === null ? 'nothing is due' : `${what}, version ${version}`}`);
    }
  } finally {
    await lock?.release();
  }
};

async function deriveLock({ config }: CommandContext) {
  // Beside the sources, and none of them.
  const folder = join(spoolRoot(config), '.derive');
  await mkdir(folder, { recursive: true });
  return acquireLock(folder, { purpose: 'derive', waitMs: 5000 });
}

function optionsOf({ config, signal }: CommandContext, flags: Flags): DeriveOptions {
  const nowMs = Date.now();
  const since = typeof flags.since === 'string' ? parseMoment(flags.since, nowMs) * 1000 : undefined;
  return {
    lake: config.lake,
    memoryBytes: config.memory,
    nowMs,
    timeframes: typeof flags.timeframe === 'string' ? parseTimeframes(flags.timeframe) : undefined,
    isWanted: typeof flags.symbols === 'string' ? parseSymbols(flags.symbols) : undefined,
    sinceUs: flags.all === true ? 0 : since,
    signal,
  };
}

/** `BTCUSDT` is of spot; others say their market or venue. @throws LakeError USAGE. */
function parseSymbols(text: string): DeriveOptions['isWanted'] {
  const names = text.split(',').map((name) => parseSymbol(name.trim()));
  return ({ venue, market, symbol }) =>
    names.some((name) => name.symbol === symbol && [market, venue].includes(name.place ?? 'spot'));
}

function parseTimeframes(text: string): Timeframe[] {
  const names = text.split(',').map((name) => name.trim());
  const timeframes = names.filter(isTimeframe);
  if (timeframes.length === names.length) return timeframes;
  throw new LakeError('USAGE', `\`--timeframe\` must be of ${TIMEFRAMES.join(', ')}`, {
    hint: 'several have a comma between them: `--timeframe 5m,1h`',
  });
}
