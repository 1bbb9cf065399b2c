/** `indicators` of all timeframes, from `bars_1m` and `bars_rollup`. */
import { INDICATORS_TABLE } from '../lake/tables/indicators.ts';
import { deriveByPeriod } from './derive-by-period.ts';
import type { DerivedTable, DeriveRun } from './derive-run.ts';
import type { BarInputs, BarSource } from './input/bar-source.ts';
import { chosenNews } from './input/chosen-news.ts';
import { indicatorRows } from './output/indicator-rows.ts';
import type { WrittenPartition } from './output/partition-writer.ts';

export async function deriveIndicators(
  run: DeriveRun,
  { bars1m, corrections, rollup }: BarInputs,
  source: BarSource,
): Promise<DerivedTable> {
  const delta = await run.open(INDICATORS_TABLE);
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
        inputsVersion: bars1m?.snapshot.version ?? 0,
        kept: run.state.kept?.indicators.of(timeframe),
        begin: (id, anchorUs) => indicatorRows(run.symbols.keyOf(id), timeframe, anchorUs),
      })),
    );
  }
  return run.commit(delta, INDICATORS_TABLE, written, [bars1m, corrections, rollup, run.watched.table]);
}
