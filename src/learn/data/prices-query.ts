/**
 * Lags of polled prices, for a lake without derived tables: the first poll of each bar's span, so that a row never
 * changes once it is there. `price_t-1` is the newest price that is known: the one before the price to be predicted.
 */
import { quotedIdentifier } from '@duckdb/node-api';
import { dayText, lengthUsOf, type Timeframe } from '../../lake/timeframe.ts';
import { ofInstrument } from '../instrument.ts';
import { CHUNK_ROWS, type RowQuery } from './row-query.ts';

const LAGS = 5;
const AVERAGE = 10;

export const PRICE_LAGS = [
  ...Array.from({ length: LAGS }, (_, lag) => `price_t-${lag + 1}`),
  `ma_${AVERAGE}`,
];

export function pricesQuery(timeframe: Timeframe): RowQuery {
  const lengthUs = lengthUsOf(timeframe);
  const query: RowQuery = {
    tables: ['prices'],
    featureNames: PRICE_LAGS,
    chunkUs: CHUNK_ROWS * lengthUs,
    sql: ({ instrument, features, fromUs, toUs, cutUs, labelBars }) => {
      const [first, last] = [Math.floor(fromUs / lengthUs), Math.ceil(toUs / lengthUs)];
      const [sinceUs, untilUs] = [(first - AVERAGE) * lengthUs, (last + labelBars) * lengthUs];
      const label =
        labelBars === 0
          ? "'NaN'::DOUBLE"
          : `CASE WHEN lead(bar, ${labelBars}) OVER w = bar + ${labelBars} THEN lead(price, ${labelBars}) OVER w ELSE 'NaN'::DOUBLE END`;
      return `WITH bars AS (
  SELECT epoch_us(collected_at) // ${lengthUs} AS bar, arg_min(last_price, collected_at) AS price
  FROM prices
  WHERE ${ofInstrument(instrument)} AND last_price IS NOT NULL
    AND date BETWEEN DATE '${dayText(sinceUs)}' AND DATE '${dayText(untilUs)}'
    AND collected_at >= make_timestamp(${sinceUs}) AND collected_at < make_timestamp(${untilUs}) AND received_at < make_timestamp(${cutUs})
  GROUP BY ALL
), lagged AS (
  SELECT bar, price, ${label} AS label, ${lagColumns().join(', ')} FROM bars
  WINDOW w AS (ORDER BY bar), average AS (ORDER BY bar ROWS BETWEEN ${AVERAGE - 1} PRECEDING AND CURRENT ROW)
)
SELECT (bar * ${lengthUs})::DOUBLE AS time_us, price, label,
  ${features.map((name) => `coalesce(${quotedIdentifier(name)}, 'NaN'::DOUBLE) AS ${quotedIdentifier(name)}`).join(', ')}
FROM lagged WHERE bar >= ${first} AND bar < ${last} ORDER BY bar`;
    },
    surveySql: (
      request,
    ) => `SELECT count(*)::DOUBLE AS rows, min(time_us) AS first_us, max(time_us) AS last_us,
  ${request.features.map((name) => `(count(*) FILTER (NOT isnan(${quotedIdentifier(name)})))::DOUBLE AS ${quotedIdentifier(name)}`).join(', ')}
FROM (${query.sql(request)})`,
  };
  return query;
}

/** Over a hole nothing is known: the neighbour in the table is then no neighbour in time. */
function lagColumns(): string[] {
  const lags = Array.from({ length: LAGS }, (_, lag) => {
    const name = quotedIdentifier(`price_t-${lag + 1}`);
    if (lag === 0) return `price AS ${name}`;
    return `CASE WHEN lag(bar, ${lag}) OVER w = bar - ${lag} THEN lag(price, ${lag}) OVER w END AS ${name}`;
  });
  const isWhole = `lag(bar, ${AVERAGE - 1}) OVER w = bar - ${AVERAGE - 1}`;
  return [...lags, `CASE WHEN ${isWhole} THEN avg(price) OVER average END AS ma_${AVERAGE}`];
}
