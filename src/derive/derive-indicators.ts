/** `indicators` of all timeframes, from `bars_1m` and `bars_rollup`. */
import { INDICATORS_TABLE } from '../lake/tables/indicators.ts';
import type { Timeframe } from '../lake/timeframe.ts';
import { deriveByPeriod } from './derive-by-period.ts';
import type { DerivedTable, DeriveRun } from './derive-run.ts';
import { IndicatorSet } from './indicators/indicator-set.ts';
import type { BarInputs, BarSource } from './input/bar-source.ts';
import { chosenNews } from './input/chosen-news.ts';
import type { WrittenPartition } from './output/partition-writer.ts';
import { pushIndicators } from './output/push-indicators.ts';
import type { RowMaker } from './row-maker.ts';
import { hasQuoteVolume } from './symbol-index.ts';

export async function deriveIndicators(
  run: DeriveRun,
  { bars1m, corrections, rollup }: BarInputs,
  source: BarSource,
): Promise<DerivedTable> {
  const delta = await run.open(INDICATORS_TABLE);
  const inputsVersion = bars1m?.snapshot.version ?? 0;
  const begin = (timeframe: Timeframe, id: number, anchorUs: number): RowMaker<typeof INDICATORS_TABLE> => {
    const key = run.symbols.keyOf(id);
    const set = new IndicatorSet({ timeframe, anchorUs, hasQuoteVolume: hasQuoteVolume(key) });
    return {
      skip: (bars, row) => set.next(bars, row),
      next: (bars, row) => set.next(bars, row),
      push: (writer, bars, row) => pushIndicators(writer, key, bars, row, set, inputsVersion),
    };
  };
  const written: WrittenPartition[] = [];
  for (const timeframe of run.timeframes) {
    const inputs = timeframe === '1m' ? [bars1m, corrections] : [rollup];
    const news = await chosenNews(run, INDICATORS_TABLE, delta.snapshot, inputs, timeframe, 'watched');
    written.push(
      ...(await deriveByPeriod(run, source, {
        table: INDICATORS_TABLE,
        delta,
        timeframe,
        news,
        kept: run.state.kept?.indicators.of(timeframe),
        begin: (id, anchorUs) => begin(timeframe, id, anchorUs),
      })),
    );
  }
  return run.commit(delta, INDICATORS_TABLE, written, [bars1m, corrections, rollup, run.watched.table]);
}
