/** `bars_rollup` from `bars_1m` and its corrections, day by day. */
import type { DeltaTable } from '../delta/delta-table.ts';
import { BARS_ROLLUP_TABLE } from '../lake/tables/bars-rollup.ts';
import { DAY_US, lengthUsOf, periodStartUs, type Timeframe } from '../lake/timeframe.ts';
import { type RolledUp, rollUp } from './bars/roll-up.ts';
import { appIdOf, type DerivedTable, type DeriveRun } from './derive-run.ts';
import type { BarInputs, BarSource } from './input/bar-source.ts';
import type { ChangedTimes } from './input/changed-times.ts';
import { addIncompleteDays } from './input/incomplete-days.ts';
import type { InputTable } from './input/input-table.ts';
import type { Listening } from './input/listening.ts';
import { PartitionWriter, type WrittenPartition } from './output/partition-writer.ts';
import { pushBars } from './output/push-bars.ts';

type Writer = PartitionWriter<typeof BARS_ROLLUP_TABLE>;

export async function deriveRollups(
  run: DeriveRun,
  { bars1m, corrections }: BarInputs,
  source: BarSource,
  listening: Listening,
): Promise<DerivedTable> {
  const delta = await run.open(BARS_ROLLUP_TABLE);
  const changed = await run.changed(delta.snapshot, [bars1m, corrections], '1m');
  if (bars1m !== undefined) await addDueByTheClock(run, delta, bars1m, changed);
  const writers = new Map<string, { readonly writer: Writer; readonly endUs: number }>();
  const written: WrittenPartition[] = [];
  for (const dayUs of changed.days) {
    run.options.signal?.throwIfAborted();
    for (const [key, { writer, endUs }] of writers) {
      if (endUs > dayUs) continue;
      written.push(await writer.finish());
      writers.delete(key);
    }
    const ids = run.symbols.sorted(changed.byId.keys()).filter((id) => changed.byId.get(id)?.has(dayUs));
    const bars = await source.period('1m', dayUs, ids);
    for (const id of ids) {
      const minutes = bars.get(id);
      if (minutes === undefined) continue;
      for (const [timeframe, rolled] of rollUp(minutes, run.nowUs))
        takeDay({ run, delta, writers, changed, listening }, { id, dayUs, timeframe, rolled });
    }
    for (const { writer } of writers.values()) await writer.flushWhenFull();
  }
  for (const { writer } of writers.values()) written.push(await writer.finish());
  return run.commit(delta, BARS_ROLLUP_TABLE, written, [bars1m, corrections]);
}

async function addDueByTheClock(
  run: DeriveRun,
  { snapshot }: DeltaTable,
  bars1m: InputTable,
  changed: ChangedTimes,
): Promise<void> {
  const lastRunMs = snapshot.txns.get(appIdOf(bars1m.name))?.lastUpdated;
  if (lastRunMs === undefined) return;
  const { symbols, nowUs, session } = run;
  const lastRunUs = Math.min(Number(lastRunMs) * 1000, nowUs);
  await addIncompleteDays({ connection: session.connection, bars1m, symbols, lastRunUs, nowUs }, changed);
  for (const id of changed.byId.keys()) if (!run.isWanted(id)) changed.delete(id);
}

interface Taking {
  readonly run: DeriveRun;
  readonly delta: DeltaTable;
  readonly writers: Map<string, { readonly writer: Writer; readonly endUs: number }>;
  readonly changed: ChangedTimes;
  readonly listening: Listening;
}

interface Day {
  readonly id: number;
  readonly dayUs: number;
  readonly timeframe: Timeframe;
  readonly rolled: RolledUp;
}

function takeDay({ run, delta, writers, changed, listening }: Taking, { id, dayUs, timeframe, rolled }: Day) {
  const earliest = changed.byId.get(id)?.get(dayUs) ?? dayUs;
  const lengthUs = lengthUsOf(timeframe);
  const fromUs = Math.floor(earliest / lengthUs) * lengthUs;
  const periodUs = periodStartUs(timeframe, dayUs);
  const key = `${timeframe} ${periodUs}`;
  let open = writers.get(key);
  if (open === undefined) {
    const where = { timeframe, periodUs, nowMs: run.options.nowMs };
    const writer = new PartitionWriter(delta, BARS_ROLLUP_TABLE, where);
    open = { writer, endUs: periodStartUs(timeframe, dayUs, 1) };
    writers.set(key, open);
  }
  const symbol = run.symbols.keyOf(id);
  open.writer.replaces({ id, fromUs, untilUs: dayUs + DAY_US });
  pushBars(open.writer, symbol, rolled, fromUs, (since, until) => listening.share(symbol, since, until));
}
