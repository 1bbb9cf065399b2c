/** `crypto-lake compact`: upkeep of the lake, now. */
import '../../base/duckdb-malloc-env.ts';
import { LakeError } from '../../base/errors.ts';
import { isCalendarDay } from '../../base/time-text.ts';
import type { Config } from '../../config/config.ts';
import { parseMemory } from '../../config/parse-value.ts';
import { listTables, requireLake } from '../../lake/lake-catalog.ts';
import { LAKE_TABLES } from '../../lake/registry.ts';
import { holdTask } from '../../services/hold-task.ts';
import { spoolRoot } from '../../spool/state/spool-folder.ts';
import { maintainLake } from '../../upkeep/maintain-lake.ts';
import { rememberSymbols } from '../../upkeep/remember-symbols.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { makeLake } from '../make-lake.ts';
import { asksForFormat, printRows } from '../print-rows.ts';
import { scratchPlaces } from '../scratch-places.ts';
import { eventRows, REPORT_COLUMNS, type ReportRow } from '../show/compact-report.ts';
import { eventLines } from '../show/compact-text.ts';
import { withCompactionProgress } from '../show/compaction-progress.ts';

const OWN = LAKE_TABLES.map(({ name }) => name);

export const compact: Command = async (context, flags) => {
  const { config, io } = context;
  // Wrong values are refused before any work.
  targetBytes(flags);
  partitionFlag(flags);
  if (flags.auto === true) {
    process.on('disconnect', () => process.exit(0));
    // Listening to its parent must not keep a child alive that has done its work.
    process.channel?.unref();
  }
  await requireLake(config.lake);
  const isEmpty = (await listTables(config.lake, OWN)).length === 0;
  const changesNothing = flags.dryRun === true || isEmpty;
  if (!changesNothing) await makeLake(config);
  const lock = changesNothing ? undefined : await upkeepLock(config, spoolRoot(config), flags.auto === true);
  if (flags.auto === true && lock === undefined) return;
  const rows: ReportRow[] = [];
  let failure: LakeError | undefined;
  let tableCount = 0;
  try {
    failure = await maintain(context, flags, rows, () => tableCount++);
    if (lock !== undefined) await rememberSymbols(config.lake, spoolRoot(config));
  } finally {
    await lock?.release();
  }
  if (asksForFormat(flags)) await printRows(io, flags, REPORT_COLUMNS, rows);
  if (tableCount === 0) io.say(`the lake ${config.lake} has no tables yet`);
  if (failure !== undefined) throw failure;
};

async function maintain(
  context: CommandContext,
  flags: Flags,
  rows: ReportRow[],
  onTable: () => void,
): Promise<LakeError | undefined> {
  const { config, io, signal } = context;
  const dryRun = flags.dryRun === true;
  const isVacuum = flags.vacuum === true;
  let failed = 0;
  return maintainLake({
    lake: config.lake,
    names: flags.table as readonly string[] | undefined,
    zorder:
      typeof flags.zorder === 'string' ? flags.zorder.split(',').map((column) => column.trim()) : undefined,
    vacuumOnly: isVacuum,
    targetBytes: targetBytes(flags),
    memoryBytes: config.memory,
    scratchPlaces: scratchPlaces(config),
    localBytes: config.cacheSize,
    nowMs: Date.now(),
    all: flags.all === true,
    only: partitionFlag(flags),
    dryRun,
    signal,
    watch: (table, work) => withCompactionProgress(io, table, work),
    onEvent: (event) => {
      onTable();
      rows.push(...eventRows(event, rows, dryRun));
      // The first failure ends the command, which says it.
      if (event.kind === 'failed' && failed++ === 0) return;
      for (const line of eventLines(event, { dryRun, isVacuum, day: partitionFlag(flags) })) io.say(line);
    },
  });
}

/** @returns undefined when another run is at work and nobody waits for this one. */
async function upkeepLock({ lake }: Config, spool: string, isAutomatic: boolean) {
  try {
    return await holdTask({ lake, folder: spool, task: 'upkeep', waitMs: isAutomatic ? 0 : 5000 });
  } catch (error) {
    if (isAutomatic && error instanceof LakeError && error.code === 'LAKE_LOCKED') return undefined;
    throw error;
  }
}

function targetBytes(flags: Flags): number {
  try {
    return parseMemory(String(flags.targetSize));
  } catch {
    throw new LakeError('USAGE', '`--target-size` must be a size such as `128MB`', {
      hint: 'the default is `128MB`',
    });
  }
}

/** `date=2026-11-20`, or just the day. */
function partitionFlag(flags: Flags): string | undefined {
  const text = flags.partition ?? flags.where;
  if (text === undefined) return undefined;
  const day = /^(?:date=)?'?(\d{4}-\d{2}-\d{2})'?$/.exec(String(text))?.[1];
  if (day !== undefined && isCalendarDay(day)) return day;
  throw new LakeError('USAGE', '`--partition` must be a day such as `date=2026-11-20`', {
    hint: 'leave it out for all partitions',
  });
}
