/** `bars_rollup` from `bars_1m` and its corrections, day by day. */
import type { DeltaTable } from '../delta/delta-table.ts';
import { TableBatch } from '../ingest/rows/table-batch.ts';
import { BARS_ROLLUP_TABLE } from '../lake/tables/bars-rollup.ts';
import { DAY_US, lengthUsOf, periodStartUs, type Timeframe } from '../lake/timeframe.ts';
import type { BarSeries } from './bars/bar-series.ts';
import { ROLLUP_TIMEFRAMES, type RolledUpByTimeframe, RollUp } from './bars/roll-up.ts';
import { appIdOf, type DerivedTable, type DeriveRun, nothingDue } from './derive-run.ts';
import type { BarSource } from './input/bar-source.ts';
import type { DayTurn } from './input/day-turns.ts';
import { addIncompleteBuckets } from './input/incomplete-buckets.ts';
import type { InputTable } from './input/input-table.ts';
import { forEachLate, type LateListening, lateSpan } from './input/late-listening.ts';
import { Listening } from './input/listening.ts';
import type { News } from './input/news.ts';
import { PartitionWriter, type WrittenPartition } from './output/partition-writer.ts';
import { pushBars } from './output/push-bars.ts';

export interface RollupInputs {
  readonly bars1m: InputTable;
  readonly corrections: InputTable | undefined;
  readonly coverage: InputTable | undefined;
}

type Writer = PartitionWriter<typeof BARS_ROLLUP_TABLE>;

/** The clock is looked at so often where runs follow each other. */
const CLOCK_US = 5 * 60e6;

/** @param turn to look at each day together with others. */
export async function deriveRollups(
  run: DeriveRun,
  inputs: RollupInputs,
  source: BarSource,
  turn?: DayTurn,
): Promise<DerivedTable> {
  const { bars1m, corrections, coverage } = inputs;
  const isClockDue = run.state.clockUs === undefined || run.nowUs - run.state.clockUs >= CLOCK_US;
  if (!isClockDue && run.isUpToDate(BARS_ROLLUP_TABLE, [bars1m, corrections, coverage]))
    return nothingDue(BARS_ROLLUP_TABLE);
  const delta = await run.open(BARS_ROLLUP_TABLE);
  const news = await run.news(BARS_ROLLUP_TABLE, delta.snapshot, [bars1m, corrections], '1m');
  await addDueByTheClock(run, delta, bars1m, news);
  const listening = await listen(run, delta, coverage, news);
  const { isWanted } = run.options;
  if (isWanted !== undefined)
    for (const id of news.changed.byId.keys()) if (!isWanted(run.symbols.keyOf(id))) news.delete(id);
  const writers = new Writers(run, delta);
  const kept = run.state.kept?.rollUps;
  const anew = new Set<number>();
  for (const id of run.symbols.sorted(news.changed.byId.keys())) {
    const rolled = kept?.goOn(id, news.fresh.get(id));
    if (rolled === undefined) anew.add(id);
    else for (const day of daysOf(rolled)) writers.take({ id, ...day }, listening);
  }
  const { days } = news.changed;
  const spare = new RollUp(run.nowUs);
  for (const [at, dayUs] of days.entries()) {
    run.options.signal?.throwIfAborted();
    await turn?.begin(dayUs);
    await writers.finishBefore(dayUs);
    const ids = run.symbols.sorted(anew).filter((id) => news.changed.byId.get(id)?.has(dayUs));
    const bars = ids.length === 0 ? new Map<number, BarSeries>() : await source.period('1m', dayUs, ids);
    const next = days[at + 1];
    if (next !== undefined && ids.length > 0) source.readAhead('1m', next, ids);
    for (const id of ids) {
      const minutes = bars.get(id);
      if (minutes === undefined) continue;
      const fromUs = news.changed.byId.get(id)?.get(dayUs) ?? dayUs;
      writers.take({ id, dayUs, fromUs, rolled: rollDay(run, spare, { id, dayUs, minutes }) }, listening);
    }
    await writers.flushWhenFull();
  }
  turn?.end();
  return run.commit(delta, BARS_ROLLUP_TABLE, await writers.finish(), [bars1m, corrections, coverage]);
}

/** The day that goes on is kept as it is; all of its buckets are too young to be due without all their minutes. */
function rollDay(
  run: DeriveRun,
  spare: RollUp,
  { id, dayUs, minutes }: { readonly id: number; readonly dayUs: number; readonly minutes: BarSeries },
): RolledUpByTimeframe {
  const kept = dayUs + DAY_US > run.nowUs ? run.state.kept?.rollUps : undefined;
  const rollUp = kept === undefined ? spare : new RollUp(run.nowUs);
  for (let row = 0; row < minutes.length; row++) rollUp.add(minutes, row);
  if (kept === undefined) rollUp.end();
  else kept.keep(id, rollUp, minutes);
  return rollUp.take();
}

/** What was rolled up of minutes that are new, by day: all of it is to be written. */
function daysOf(rolled: RolledUpByTimeframe): Omit<Day, 'id'>[] {
  const days = new Set<number>();
  for (const { bars } of rolled.values())
    for (let row = 0; row < bars.length; row++)
      days.add(Math.floor((bars.columns.open_time[row] as number) / DAY_US) * DAY_US);
  return [...days].map((dayUs) => ({ dayUs, fromUs: undefined, rolled }));
}

async function addDueByTheClock(
  { state, session, symbols, nowUs }: DeriveRun,
  { snapshot }: DeltaTable,
  bars1m: InputTable,
  news: News,
): Promise<void> {
  const lastRunMs = snapshot.txns.get(appIdOf(bars1m.name))?.lastUpdated;
  if (lastRunMs === undefined) {
    // Everything is made now, with what the clock says.
    state.clockUs = nowUs;
    return;
  }
  if (state.clockUs !== undefined && nowUs - state.clockUs < CLOCK_US) return;
  // The clock of another run may have been another one: a day more is looked at.
  const lastRunUs = state.clockUs ?? Math.min(Number(lastRunMs) * 1000, nowUs) - DAY_US;
  await addIncompleteBuckets({ connection: session.connection, bars1m, symbols, lastRunUs, nowUs }, news);
  state.clockUs = nowUs;
}

/** Who listened, as far back as anything is made; bars of which that changed are made again. */
async function listen(
  run: DeriveRun,
  delta: DeltaTable,
  coverage: InputTable | undefined,
  news: News,
): Promise<Listening> {
  const { connection } = run.session;
  const since = run.takenVersion(BARS_ROLLUP_TABLE, delta.snapshot, 'coverage');
  const late: LateListening = { connection, symbols: run.symbols, coverage, since, source: 'bars' };
  const span = delta.snapshot.files.size === 0 ? undefined : await lateSpan(late);
  const [first] = news.changed.days;
  if (first === undefined && span === undefined) return new Listening();
  const fromUs = Math.min(first ?? run.nowUs, (span?.fromUs ?? run.nowUs) - DAY_US);
  const listening = await Listening.load(connection, coverage, 'bars', fromUs);
  if (span === undefined) return listening;
  const table = { name: BARS_ROLLUP_TABLE.name, store: delta.store, snapshot: delta.snapshot };
  const rows = { table, column: 'listened_share' };
  await forEachLate(late, rows, span, listening, (id, _, openTimeUs) => news.touch(id, openTimeUs));
  return listening;
}

interface Day {
  readonly id: number;
  readonly dayUs: number;
  /** The first minute that changed; undefined when all that was rolled up is new. */
  readonly fromUs: number | undefined;
  readonly rolled: RolledUpByTimeframe;
}

/** One for each partition that rows come to. */
class Writers {
  readonly #run: DeriveRun;
  readonly #delta: DeltaTable;
  readonly #open = new Map<string, { readonly writer: Writer; readonly endUs: number }>();
  readonly #written: WrittenPartition[] = [];

  constructor(run: DeriveRun, delta: DeltaTable) {
    this.#run = run;
    this.#delta = delta;
  }

  take({ id, dayUs, fromUs, rolled }: Day, listening: Listening): void {
    const symbol = this.#run.symbols.keyOf(id);
    const shareOf = listening.sharesOf(symbol);
    for (const timeframe of ROLLUP_TIMEFRAMES) {
      const made = rolled.get(timeframe);
      const earliest = fromUs ?? made?.bars.columns.open_time[0];
      if (earliest === undefined) continue;
      const lengthUs = lengthUsOf(timeframe);
      const writer = this.#writer(timeframe, dayUs);
      const since = Math.max(dayUs, Math.floor(earliest / lengthUs) * lengthUs);
      const span = { fromUs: since, untilUs: dayUs + DAY_US };
      writer.replaces({ id, ...span });
      if (made === undefined) continue;
      pushBars(writer, symbol, made, span, shareOf);
    }
  }

  /** Periods that are over before a day. */
  async finishBefore(dayUs: number): Promise<void> {
    for (const [key, { writer, endUs }] of this.#open) {
      if (endUs > dayUs) continue;
      this.#written.push(await writer.finish());
      this.#open.delete(key);
    }
  }

  async flushWhenFull(): Promise<void> {
    for (const { writer } of this.#open.values()) await writer.flushWhenFull();
  }

  async finish(): Promise<WrittenPartition[]> {
    await this.finishBefore(Number.POSITIVE_INFINITY);
    return this.#written;
  }

  #writer(timeframe: Timeframe, dayUs: number): Writer {
    const periodUs = periodStartUs(timeframe, dayUs);
    const key = `${timeframe} ${periodUs}`;
    let open = this.#open.get(key);
    if (open === undefined) {
      const where = { timeframe, periodUs, nowMs: this.#run.options.nowMs };
      const writer = new PartitionWriter(this.#delta, new TableBatch(BARS_ROLLUP_TABLE), where);
      open = { writer, endUs: periodStartUs(timeframe, dayUs, 1) };
      this.#open.set(key, open);
    }
    return open.writer;
  }
}
