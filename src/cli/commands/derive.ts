/** `crypto-lake derive`: longer bars, indicators and features, from bars that are new; nothing where nothing changed. */
import '../../base/duckdb-malloc-env.ts';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError } from '../../base/errors.ts';
import { parseMoment } from '../../base/time-text.ts';
import { deriveLake } from '../../derive/derive-lake.ts';
import type { DerivedTable, DeriveOptions } from '../../derive/derive-run.ts';
import { followBars } from '../../derive/follow.ts';
import { prove } from '../../derive/prove.ts';
import { whatIsDue } from '../../derive/what-is-due.ts';
import { requireLake } from '../../lake/lake-catalog.ts';
import { isTimeframe, TIMEFRAMES, type Timeframe } from '../../lake/timeframe.ts';
import { parseSymbol } from '../../questions/symbol-name.ts';
import { holdTask } from '../../services/hold-task.ts';
import { spoolRoot } from '../../spool/state/spool-folder.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { makeLake } from '../make-lake.ts';
import { openMetrics } from '../open-metrics.ts';
import { asksForFormat, printRows } from '../print-rows.ts';
import { scratchPlaces } from '../scratch-places.ts';

/** A run takes seconds; a first one of a year may take minutes. */
const WAIT_MS = 5000;
const FOLLOW_WAIT_MS = 10 * 60_000;

const DUE_COLUMNS = { table: 'name', timeframe: 'name', symbols: 'integer', since: 'time' } as const;
const DIFFERENCES = { table: 'name', timeframe: 'name', symbol: 'name', open_time: 'time' } as const;
const COLUMNS = { table: 'name', rows: 'integer', partitions: 'integer', version: 'integer' } as const;

export const derive: Command = async (context, flags) => {
  const { config, io, clock, signal } = context;
  const options = optionsOf(context, flags);
  // Whoever follows may begin before the collector that makes the lake.
  if (flags.follow !== true) await requireLake(config.lake);
  if (flags.dryRun === true) {
    const due = await whatIsDue(options);
    if (due.length === 0 && !asksForFormat(flags)) return io.say('nothing is due');
    return printRows(io, flags, DUE_COLUMNS, due);
  }
  if (flags.prove === true) return proveAt(context, flags, options);
  await makeLake(config);
  if (flags.follow === true) {
    // Held for one run each time: a run of somebody else fits in between.
    const hold = () => deriveLock(context, FOLLOW_WAIT_MS);
    const metrics = await openMetrics(flags, { clock, command: 'derive' });
    const onRun = (made: readonly DerivedTable[]) => tell(io, made);
    const onTrouble = (trouble: LakeError | undefined) =>
      io.say(trouble ? `error: ${trouble.message}; it is tried again` : 'derive goes on');
    try {
      return await followBars({ options: { ...options, signal }, hold, onRun, onTrouble });
    } finally {
      await metrics?.close();
    }
  }
  const lock = await deriveLock(context, WAIT_MS);
  try {
    const tables = await deriveLake(options);
    if (asksForFormat(flags)) return await printRows(io, flags, COLUMNS, tables);
    if (tables.length === 0) io.say(`the lake ${config.lake} has no bars yet`);
    tell(io, tables, 'nothing is due');
  } finally {
    await lock?.release();
  }
};

function tell(io: CommandContext['io'], tables: readonly DerivedTable[], nothing?: string): void {
  for (const { table, rows, partitions, version } of tables) {
    const what = `${rows.toLocaleString('en')} rows in ${partitions} partitions`;
    if (version !== null) io.say(`${table}: ${what}, version ${version}`);
    else if (nothing !== undefined) io.say(`${table}: ${nothing}`);
  }
}

/** @throws LakeError CHECK_FAILED, USAGE. */
async function proveAt({ io }: CommandContext, flags: Flags, options: DeriveOptions): Promise<void> {
  const atMs = typeof flags.at === 'string' ? parseMoment(flags.at, options.nowMs) : options.nowMs;
  const { rows, differences } = await prove(options, atMs * 1000);
  if (differences.length > 0 || asksForFormat(flags)) await printRows(io, flags, DIFFERENCES, differences);
  const at = new Date(atMs).toISOString();
  if (differences.length === 0)
    return io.say(`${rows.toLocaleString('en')} rows known at ${at} are what was known then makes of them`);
  throw new LakeError('CHECK_FAILED', `rows that say they were known at ${at} come out otherwise`, {
    hint: 'derive them again with `crypto-lake derive --all`, and see who else writes these tables',
  });
}

async function deriveLock({ config }: CommandContext, waitMs: number) {
  // Beside the sources, and none of them.
  const folder = join(spoolRoot(config), '.derive');
  await mkdir(folder, { recursive: true });
  return holdTask({ lake: config.lake, folder, task: 'derive', waitMs });
}

function optionsOf({ config, signal }: CommandContext, flags: Flags): DeriveOptions {
  const nowMs = Date.now();
  const since = typeof flags.since === 'string' ? parseMoment(flags.since, nowMs) * 1000 : undefined;
  return {
    lake: config.lake,
    memoryBytes: config.memory,
    scratchPlaces: scratchPlaces(config),
    thresholds: config,
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
