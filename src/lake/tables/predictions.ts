import type { LakeTable, LakeView, NamedQuery } from '../table.ts';

/** The first prediction of a model version for a time counts; the truth is the bar that closes then, or the poll. */
const VIEWS: readonly LakeView[] = [
  {
    name: 'prediction_scores',
    reads: ['predictions', 'prices', 'bars_1m', 'bars_rollup'],
    sql: `CREATE VIEW prediction_scores AS
WITH first_made AS (
  SELECT * FROM predictions
  QUALIFY row_number() OVER (PARTITION BY model, version, market, symbol, predicted_for ORDER BY made_at) = 1
), truth AS (
  SELECT market, symbol, timeframe, close_time AS predicted_for, 'features' AS source, close AS price FROM bars_1m
  UNION ALL SELECT market, symbol, timeframe, close_time, 'features', close FROM bars_rollup
  UNION ALL SELECT prices.market, prices.symbol, asked.timeframe, asked.predicted_for, 'prices', arg_min(last_price, collected_at)
  FROM prices JOIN (SELECT DISTINCT market, symbol, timeframe, predicted_for, bar_seconds FROM first_made WHERE source = 'prices') AS asked
    ON prices.market = asked.market AND prices.symbol = asked.symbol AND collected_at >= predicted_for
    AND collected_at < predicted_for + to_seconds(bar_seconds)
  GROUP BY ALL
)
SELECT first_made.*, truth.price AS actual_price, abs(truth.price - first_made.price) AS absolute_error,
  abs(truth.price - first_made.last_price) AS no_change_error,
  truth.price BETWEEN price_low AND price_high AS in_interval,
  CASE WHEN truth.price <> first_made.last_price THEN sign(first_made.price - first_made.last_price) = sign(truth.price - first_made.last_price) END AS right_direction
FROM first_made JOIN truth USING (market, symbol, timeframe, predicted_for, source)`,
  },
];

const QUERIES: readonly NamedQuery[] = [
  {
    name: 'prediction-scores',
    title: 'How good the predictions were, beside "no change"',
    sql: `SELECT model, version, count(*) AS scored, sqrt(avg(absolute_error ** 2)) AS rmse, avg(absolute_error) AS mae,
  1 - sqrt(sum(absolute_error ** 2) / nullif(sum(no_change_error ** 2), 0)) AS skill,
  avg(right_direction::INT) AS directional_accuracy, avg(in_interval::INT) AS in_interval
FROM prediction_scores WHERE made_at >= $since GROUP BY ALL ORDER BY model, version`,
  },
];

export const PREDICTIONS_TABLE = {
  name: 'predictions',
  description:
    'What was predicted, for when, and by which model; scored in `prediction_scores` when the truth is there.',
  columns: {
    market: 'string',
    symbol: 'string',
    timeframe: 'string',
    made_at: 'timestamp',
    predicted_for: 'timestamp',
    price: 'double',
    /** 90 % of the truths should lie between. */
    price_low: 'double',
    price_high: 'double',
    /** Newest price that the model knew, and its time. */
    last_price: 'double',
    inputs_time: 'timestamp',
    model: 'string',
    version: 'string',
    run: 'string',
    source: 'string',
    bar_seconds: 'long',
    /** JSON: Delta version by table. */
    data_versions: 'string',
    skill: 'double',
    date: 'date',
  },
  partitionBy: ['date'],
  clusterBy: ['symbol', 'made_at'],
  timeColumn: 'made_at',
  views: VIEWS,
  queries: QUERIES,
} as const satisfies LakeTable;
