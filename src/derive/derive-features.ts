/** `features`, from bars and from the liquidations within them. */
import type { DeltaTable } from '../delta/delta-table.ts';
import { TableBatch } from '../ingest/rows/table-batch.ts';
import { FEATURES_TABLE } from '../lake/tables/features.ts';
import { DAY_US, lengthUsOf, type Timeframe } from '../lake/timeframe.ts';
import { DeriveByPeriod } from './derive-by-period.ts';
import { type DerivedTable, type DeriveRun, nothingDue } from './derive-run.ts';
import { FEATURE_INPUTS, type LiquidationsOf } from './features/feature-set.ts';
import { type BarInputs, BarSource } from './input/bar-source.ts';
import { chosenNews } from './input/chosen-news.ts';
import type { InputTable } from './input/input-table.ts';
import { forEachLateLiquidation } from './input/late-liquidations.ts';
import { forEachLate, type LateListening, lateSpan } from './input/late-listening.ts';
import { LIQUIDATION_MARKET, type Liquidations } from './input/liquidations.ts';
import { liquidationsOfNews } from './input/liquidations-of-news.ts';
import { Listening } from './input/listening.ts';
import type { News } from './input/news.ts';
import { FeatureRows } from './output/feature-rows.ts';
import type { WrittenPartition } from './output/partition-writer.ts';
import { startPeriodThread } from './parallel/start-period-thread.ts';

/** Those of one minute are wide and many: on demand. */
export const USUAL_FEATURE_TIMEFRAMES: readonly Timeframe[] = ['5m', '1h', '1d'];

/** A flush or two of the collector of liquidations. */
const PATIENCE_US = 2 * 60e6;

export interface FeatureInputs extends BarInputs {
  readonly liquidation: InputTable | undefined;
  readonly coverage: InputTable | undefined;
}

/** @param whole where runs follow each other: what is kept of a series is compared with whole bars. */
export async function deriveFeatures(
  run: DeriveRun,
  inputs: FeatureInputs,
  whole: BarSource,
): Promise<DerivedTable> {
  const { bars1m, corrections, rollup, coverage, liquidation } = inputs;
  const all = [bars1m, corrections, rollup, coverage, liquidation, run.watched.table];
  if (run.isUpToDate(FEATURES_TABLE, all)) return nothingDue(FEATURES_TABLE);
  const delta = await run.open(FEATURES_TABLE);
  const { state, symbols, session, options } = run;
  const source =
    state.kept === undefined
      ? new BarSource(session, inputs, symbols, options.knownUntilUs, FEATURE_INPUTS)
      : whole;
  const timeframes = options.timeframes ?? USUAL_FEATURE_TIMEFRAMES;
  const newsOf = new Map<Timeframe, News>();
  for (const timeframe of timeframes) {
    const bars = timeframe === '1m' ? [bars1m, corrections] : [rollup];
    const news = await chosenNews(run, FEATURES_TABLE, delta.snapshot, bars, timeframe, 'featured');
    newsOf.set(timeframe, news);
  }
  await addLate(run, delta, inputs, newsOf);
  if (await isHeldBack(run, coverage, newsOf)) return nothingDue(FEATURES_TABLE);
  const written: WrittenPartition[] = [];
  const batch = new TableBatch(FEATURES_TABLE);
  const { connection } = session;
  const asked = { connection, symbols, liquidation, coverage, knownUntilUs: options.knownUntilUs };
  for (const [timeframe, news] of newsOf) {
    if (news.changed.byId.size === 0) continue;
    const isOnward = state.kept !== undefined && news.fresh.size === news.changed.byId.size;
    state.liquidations = await liquidationsOfNews(asked, news, timeframe, isOnward);
    const begin = (id: number, anchorUs: number) => {
      const key = symbols.keyOf(id);
      // A maker that is kept looks at the liquidations of the run that it goes on in.
      const liquidationsOf: LiquidationsOf = (fromUs, untilUs) =>
        (state.liquidations as Liquidations).sums(key, fromUs, untilUs);
      return new FeatureRows(key, timeframe, anchorUs, liquidationsOf);
    };
    const kept = state.kept?.features.of(timeframe);
    const inputsVersion = bars1m?.snapshot.version ?? 0;
    const { nowMs, signal } = options;
    const job = {
      batch,
      output: delta,
      timeframe,
      symbols,
      news,
      inputsVersion,
      nowMs,
      signal,
      kept,
      begin,
    };
    const bars = timeframe === '1m' ? [bars1m, corrections] : [rollup];
    const shared = { inputs: [...bars, liquidation, coverage], inputsVersion, output: delta, news };
    const thread = startPeriodThread(run, { table: 'features', timeframe, ...shared });
    try {
      written.push(...(await new DeriveByPeriod(job, thread).finish(source)));
    } finally {
      await thread?.close();
    }
  }
  return run.commit(delta, FEATURES_TABLE, written, all);
}

/**
 * Where runs follow each other, features wait for the liquidations of their bars: they come with a collector of their
 * own, and what is made without them would be written twice. Nobody waits for one that has stopped.
 */
async function isHeldBack(
  { state, session, nowUs }: DeriveRun,
  coverage: InputTable | undefined,
  newsOf: ReadonlyMap<Timeframe, News>,
): Promise<boolean> {
  if (state.kept === undefined) return false;
  let newestUs = 0;
  for (const [timeframe, { fresh }] of newsOf)
    for (const { columns, length } of fresh.values())
      newestUs = Math.max(newestUs, (columns.open_time[length - 1] as number) + lengthUsOf(timeframe));
  if (newestUs === 0) return false;
  const heardUs = (await Listening.load(session.connection, coverage, 'liquidation', newestUs)).untilUs;
  return heardUs < newestUs && nowUs - heardUs < PATIENCE_US;
}

/** Bars whose liquidations, or who listened to them, became known after they were made. */
async function addLate(
  run: DeriveRun,
  delta: DeltaTable,
  { coverage, liquidation }: FeatureInputs,
  newsOf: ReadonlyMap<Timeframe, News>,
): Promise<void> {
  if (delta.snapshot.files.size === 0) return;
  const { connection } = run.session;
  const { symbols } = run;
  const table = { name: FEATURES_TABLE.name, store: delta.store, snapshot: delta.snapshot };
  const sinceOf = (name: string) => run.takenVersion(FEATURES_TABLE, delta.snapshot, name);
  const touch = (id: number, timeframe: Timeframe, openTimeUs: number) => {
    const { isWanted } = run.options;
    const key = symbols.keyOf(id);
    if (isWanted?.(key) ?? run.watched.has('featured', key)) newsOf.get(timeframe)?.touch(id, openTimeUs);
  };
  const late: LateListening = {
    connection,
    symbols,
    coverage,
    since: sinceOf('coverage'),
    source: 'liquidation',
  };
  const span = await lateSpan(late);
  if (span !== undefined) {
    const listening = await Listening.load(connection, coverage, 'liquidation', span.fromUs - DAY_US);
    const rows = { table, column: 'liq_listened_share', market: LIQUIDATION_MARKET };
    await forEachLate(late, rows, span, listening, touch);
  }
  const since = sinceOf('liquidation');
  await forEachLateLiquidation({ connection, symbols, liquidation, since, table }, touch);
}
