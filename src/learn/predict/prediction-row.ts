/** A prediction as people and programs read it, the same by the command line and the API. */
import type { Prediction } from './prediction.ts';

export function predictionRow({ model, price, low, high, lastPrice, dataVersions, ...times }: Prediction) {
  const iso = (us: number) => new Date(us / 1000).toISOString();
  return {
    symbol: model.instrument.symbol,
    price,
    price_low: low,
    price_high: high,
    last_price: lastPrice,
    made_at: iso(times.madeAtUs),
    predicted_for: iso(times.predictedForUs),
    age_seconds: (times.madeAtUs - times.inputsTimeUs) / 1_000_000,
    skill: model.skill,
    model: model.name,
    version: model.version,
    run: model.run,
    data_versions: dataVersions,
  };
}
