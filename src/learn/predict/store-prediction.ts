/** Puts predictions into their table, where a view scores them when the truth is there. */
import { LakeError } from '../../base/errors.ts';
import { statsColumns } from '../../delta/format/stats-columns.ts';
import { TableBatch } from '../../ingest/rows/table-batch.ts';
import { writeDataFile } from '../../ingest/write/write-data-file.ts';
import { openLakeTable } from '../../lake/open-lake-table.ts';
import { PREDICTIONS_TABLE } from '../../lake/tables/predictions.ts';
import { lengthUsOf } from '../../lake/timeframe.ts';
import type { Prediction } from './prediction.ts';

/** @throws LakeError LAKE_UNWRITABLE, COMMIT_CONFLICT, TABLE_SCHEMA. */
export async function storePredictions(lake: string, predictions: readonly Prediction[]): Promise<void> {
  if (predictions.length === 0) return;
  const table = await openLakeTable(lake, PREDICTIONS_TABLE);
  const batch = new TableBatch(PREDICTIONS_TABLE);
  for (const { model, madeAtUs, predictedForUs, price, low, high, ...one } of predictions) {
    batch.add(madeAtUs, {
      market: model.instrument.market,
      symbol: model.instrument.symbol,
      timeframe: model.timeframe,
      made_at: madeAtUs,
      predicted_for: predictedForUs,
      price,
      price_low: low,
      price_high: high,
      last_price: one.lastPrice,
      inputs_time: one.inputsTimeUs,
      model: model.name,
      version: model.version,
      run: model.run,
      source: model.source,
      bar_seconds: lengthUsOf(model.timeframe) / 1_000_000,
      data_versions: JSON.stringify(one.dataVersions),
      skill: model.skill,
    });
  }
  const indexed = new Set(statsColumns(table.metadata).map(({ name }) => name));
  const adds = [];
  for (const { values, columns } of batch.partitions) {
    const file = { store: table.store, table: PREDICTIONS_TABLE, partitionValues: values, columns, indexed };
    adds.push(await writeDataFile({ ...file, nowMs: Date.now() }));
  }
  const { kind } = await table.commit({
    operation: 'WRITE',
    operationParameters: { mode: 'Append', partitionBy: JSON.stringify(PREDICTIONS_TABLE.partitionBy) },
    adds,
    reads: 'nothing',
  });
  if (kind === 'committed') return;
  throw new LakeError('COMMIT_CONFLICT', 'the table `predictions` was changed meanwhile', {
    hint: 'nothing was written; it is safe to repeat',
  });
}
