/** `crypto-lake compact`: merge and sort, checkpoint, clean the log, vacuum; each by the table's own properties. */
import '../../upkeep/compaction/duckdb-malloc-env.ts';
import { LakeError } from '../../base/errors.ts';
import { joinLocation } from '../../base/location.ts';
import { sizeText } from '../../base/size.ts';
import { isCalendarDay } from '../../base/time-text.ts';
import { parseMemory } from '../../config/parse-value.ts';
import { writeCheckpoint } from '../../delta/checkpoint/checkpoint.ts';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { cleanUpLog } from '../../delta/maintenance/log-cleanup.ts';
import { vacuumTable } from '../../delta/maintenance/vacuum.ts';
import { noTable } from '../../lake/find-table.ts';
import { listTables } from '../../lake/lake-catalog.ts';
import { openTable } from '../../lake/open-table.ts';
import { LAKE_TABLES } from '../../lake/registry.ts';
import { acquireLock } from '../../spool/state/lock.ts';
import { spoolRoot } from '../../spool/state/spool-folder.ts';
import { compactTable } from '../../upkeep/compaction/compact-table.ts';
import { rememberSymbols } from '../../upkeep/remember-symbols.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { makeLake } from '../make-lake.ts';
import { asksForFormat, printRows } from '../print-rows.ts';
import { compactionRows, REPORT_COLUMNS, type ReportRow, reportRow } from '../show/compact-report.ts';
import { withCompactionProgress } from '../show/compaction-progress.ts';

export const compact: Command = async (context, flags) => {
  const { config, io, signal } = context;
  // Wrong values are told before any work.
  targetBytes(flags);
  partitionFlag(flags);
  if (flags.auto === true) {
    process.on('disconnect', () => process.exit(0));
    // Listening to its parent must not keep a child alive that has done its work.
    process.channel?.unref();
  }
  const names = await listTables(
    config.lake,
    LAKE_TABLES.map(({ name }) => name),
  );
  const wanted = [...new Set(flags.table === undefined ? names : (flags.table as readonly string[]))];
  for (const name of wanted) if (!names.includes(name)) throw noTable(name, names);
  if (flags.dryRun !== true) await makeLake(config);
  const lock = flags.dryRun === true ? undefined : await upkeepLock(spoolRoot(config), flags.auto === true);
  if (flags.auto === true && lock === undefined) return;
  const reports: ReportRow[] = [];
  let failure: LakeError | undefined;
  /** Tables that have no column of `--zorder`; when that is all of them, it is an error. */
  let unsuited = 0;
  try {
    for (const name of wanted) {
      signal.throwIfAborted();
      try {
        await upkeepOf(context, flags, name, reports);
      } catch (error) {
        // One table that cannot be kept must not keep the others from it.
        if (!(error instanceof LakeError)) throw error;
        if (error.code === 'USAGE' && ++unsuited < wanted.length) {
          io.say(`${name}: left alone: ${error.message}`);
          reports.push(reportRow(name, 'skip', { note: error.message }));
          continue;
        }
        if (!reports.some(({ note }) => note === error.message))
          reports.push(reportRow(name, 'fail', { note: error.message }));
        if (failure !== undefined) io.say(`${name}: ${error.message}`);
        failure ??= error;
      }
    }
    if (lock !== undefined) await rememberSymbols(config.lake, spoolRoot(config));
  } finally {
    await lock?.release();
  }
  if (asksForFormat(flags)) await printRows(io, flags, REPORT_COLUMNS, reports);
  if (names.length === 0) io.say(`the lake ${config.lake} has no tables yet`);
  if (failure !== undefined) throw failure;
};

/** @returns undefined when another run is at work and nobody waits for this one. */
async function upkeepLock(spool: string, isAutomatic: boolean) {
  try {
    return await acquireLock(spool, { purpose: 'upkeep', waitMs: isAutomatic ? 0 : 5000 });
  } catch (error) {
    if (isAutomatic && error instanceof LakeError && error.code === 'LAKE_LOCKED') return undefined;
    throw error;
  }
}

async function upkeepOf(
  context: CommandContext,
  flags: Flags,
  name: string,
  reports: ReportRow[],
): Promise<void> {
  const { config, signal } = context;
  const nowMs = Date.now();
  const dryRun = flags.dryRun === true;
  const table = await openTable(joinLocation(config.lake, name), 'duckdb');
  if (flags.vacuum === true) {
    reports.push(await vacuum(context, table, name, nowMs, { dryRun, isAlone: true }));
    return;
  }
  const known = LAKE_TABLES.find((candidate) => candidate.name === name);
  const clusterBy =
    typeof flags.zorder === 'string'
      ? flags.zorder.split(',').map((column) => column.trim())
      : (known?.clusterBy ?? []);
  const report = await withCompactionProgress(context.io, name, (onPartition) =>
    compactTable(table, {
      clusterBy,
      // One column after the other is best for the table's own: a symbol's rows lie together in time.
      curve: typeof flags.zorder === 'string' && clusterBy.length > 1 ? 'zorder' : 'none',
      targetBytes: targetBytes(flags),
      memoryBytes: config.memory,
      nowMs,
      all: flags.all === true,
      only: partitionFlag(flags),
      dryRun,
      signal,
      onPartition,
    }),
  );
  tell(context, name, report, flags);
  reports.push(...compactionRows(name, report, dryRun));
  const [first] = report.failed;
  if (first) throw first.error;
  if (dryRun) return;
  const checkpoint = await writeCheckpoint(table, { nowMs });
  const cleaned = await cleanUpLog(table, nowMs);
  if (checkpoint !== undefined) {
    context.io.say(`${name}: checkpoint of version ${checkpoint}`);
    reports.push(reportRow(name, 'checkpoint', { note: `version ${checkpoint}` }));
  }
  if (cleaned.length > 0) {
    context.io.say(`${name}: ${cleaned.length} old log files removed`);
    reports.push(reportRow(name, 'clean', { files_before: cleaned.length, files_after: 0 }));
  }
  reports.push(await vacuum(context, table, name, nowMs, { dryRun, isAlone: false }));
}

async function vacuum(
  { io }: CommandContext,
  table: DeltaTable,
  name: string,
  nowMs: number,
  { dryRun, isAlone }: { readonly dryRun: boolean; readonly isAlone: boolean },
): Promise<ReportRow> {
  const { files, bytes } = await vacuumTable(table, { nowMs, dryRun });
  if (files.length > 0)
    io.say(
      `${name}: ${files.length} unneeded files, ${sizeText(bytes)}, ${dryRun ? 'would be removed' : 'removed'}`,
    );
  else if (isAlone) io.say(`${name}: nothing to remove`);
  return reportRow(name, 'vacuum', {
    files_before: files.length,
    bytes_before: bytes,
    ...(dryRun ? { note: 'dry run' } : { files_after: 0, bytes_after: 0 }),
  });
}

function tell(
  { io }: CommandContext,
  name: string,
  report: Awaited<ReturnType<typeof compactTable>>,
  flags: Flags,
): void {
  for (const {
    partition,
    mode,
    filesBefore,
    filesAfter,
    bytesBefore,
    bytesAfter,
    rows,
    seconds,
  } of report.done) {
    const place = `${name}${partition === null ? '' : ` ${partition}`}`;
    if (flags.dryRun === true)
      io.say(`${place}: would ${mode} ${filesBefore} files, ${sizeText(bytesBefore)}`);
    else
      io.say(
        `${place}: ${mode === 'sort' ? 'sorted' : 'merged'} ${filesBefore} files → ${filesAfter}, ${sizeText(bytesBefore)} → ${sizeText(bytesAfter)}, ${rows.toLocaleString('en')} rows, ${seconds.toFixed(1)} s`,
      );
  }
  if (report.done.length > 0 || report.failed.length > 0) return;
  const [last] = report.skipped.slice(-1);
  const day = partitionFlag(flags);
  if (last === undefined && day !== undefined) io.say(`${name}: it has no partition ${day}`);
  else io.say(`${name}: nothing to do${last ? `: ${last.partition ?? 'it'} ${last.reason}` : ''}`);
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
