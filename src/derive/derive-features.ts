/** `features`, from bars and from the liquidations within them. */
import { FEATURES_TABLE } from '../lake/tables/features.ts';
import { DAY_US, lengthUsOf, periodStartUs, type Timeframe } from '../lake/timeframe.ts';
import { deriveByPeriod, type RowMaker } from './derive-by-period.ts';
import type { DerivedTable, DeriveRun } from './derive-run.ts';
import { FeatureSet } from './features/feature-set.ts';
import type { BarInputs, BarSource } from './input/bar-source.ts';
import type { ChangedTimes } from './input/changed-times.ts';
import type { InputTable } from './input/input-table.ts';
import { Liquidations } from './input/liquidations.ts';
import { Listening } from './input/listening.ts';
import type { WrittenPartition } from './output/partition-writer.ts';
import { pushFeatures } from './output/push-features.ts';
import { hasQuoteVolume } from './symbol-index.ts';

/** Those of one minute are wide and many: on demand. */
const USUAL_TIMEFRAMES: readonly Timeframe[] = ['5m', '1h', '1d'];

export interface FeatureInputs extends BarInputs {
  readonly liquidation: InputTable | undefined;
  readonly coverage: InputTable | undefined;
}

export async function deriveFeatures(
  run: DeriveRun,
  inputs: FeatureInputs,
  source: BarSource,
): Promise<DerivedTable> {
  const { bars1m, corrections, rollup, coverage } = inputs;
  const delta = await run.open(FEATURES_TABLE);
  const { connection } = run.session;
  const listening = await Listening.load(connection, coverage, 'liquidation');
  const written: WrittenPartition[] = [];
  for (const timeframe of run.options.timeframes ?? USUAL_TIMEFRAMES) {
    const barInputs = timeframe === '1m' ? [bars1m, corrections] : [rollup];
    const changed = await run.changed(delta.snapshot, barInputs, timeframe);
    if (changed.byId.size === 0) continue;
    const liquidations = await loadLiquidations(run, inputs, listening, changed, timeframe);
    const begin = (id: number, anchorUs: number): RowMaker<typeof FEATURES_TABLE> => {
      const key = run.symbols.keyOf(id);
      const traits = { timeframe, anchorUs, hasQuoteVolume: hasQuoteVolume(key) };
      const set = new FeatureSet(traits, liquidations.of(key));
      return {
        skip: (bars, row) => set.skip(bars, row),
        next: (bars, row) => set.next(bars, row),
        push: (writer, bars, row) => pushFeatures(writer, key, bars, row, set, bars1m?.snapshot.version ?? 0),
      };
    };
    written.push(
      ...(await deriveByPeriod(run, source, { table: FEATURES_TABLE, delta, timeframe, changed, begin })),
    );
  }
  return run.commit(delta, FEATURES_TABLE, written, [bars1m, corrections, rollup]);
}

function loadLiquidations(
  run: DeriveRun,
  { liquidation }: FeatureInputs,
  listening: Listening,
  changed: ChangedTimes,
  timeframe: Timeframe,
): Promise<Liquidations> {
  const days = changed.days;
  const fromUs = periodStartUs(timeframe, days[0] ?? 0, -1);
  const untilUs = periodStartUs(timeframe, days.at(-1) ?? 0, 2) + Math.max(DAY_US, lengthUsOf(timeframe));
  const names = [...changed.byId.keys()].map((id) => run.symbols.keyOf(id).symbol);
  return Liquidations.load(run.session.connection, liquidation, listening, {
    names,
    fromUs,
    untilUs,
    knownUntilUs: run.options.knownUntilUs,
  });
}
