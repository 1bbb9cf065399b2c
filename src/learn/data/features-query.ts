/** Rows of `features` beside the close of their bar, as first known: what a correction says later, nobody knew in time. */
import { quotedIdentifier, quotedString } from '@duckdb/node-api';
import { FEATURE_NAMES } from '../../lake/tables/features.ts';
import { dayText, lengthUsOf, periodStartUs, type Timeframe } from '../../lake/timeframe.ts';
import { ofInstrument } from '../instrument.ts';
import { CHUNK_ROWS, type RowQuery, type RowRequest } from './row-query.ts';

export const LAG_FEATURES = [
  'price_lag_1',
  'price_lag_2',
  'price_lag_3',
  'price_lag_4',
  'price_lag_5',
  'ma_10',
];

export function featuresQuery(timeframe: Timeframe): RowQuery {
  const lengthUs = lengthUsOf(timeframe);
  const bars = timeframe === '1m' ? 'bars_1m' : 'bars_rollup';
  return {
    tables: ['features', bars],
    featureNames: FEATURE_NAMES,
    chunkUs: CHUNK_ROWS * lengthUs,
    sql: ({ features, ...request }) => {
      const span = spanOf(timeframe, request);
      const periods = periodsOf(timeframe, request);
      const columns = features.map((name) => quotedIdentifier(name));
      return `SELECT epoch_us(bar.close_time)::DOUBLE AS time_us, epoch_us(bar.known_at)::DOUBLE AS price_known_us,
  greatest(epoch_us(bar.known_at), epoch_us(feature.known_at))::DOUBLE AS known_us, bar.close AS price,
  ${columns.map((name) => `coalesce(feature.${name}, 'NaN'::DOUBLE) AS ${name}`).join(', ')}
FROM (SELECT venue, open_time, close_time, close, known_at FROM ${bars}
    WHERE ${span} AND ${timeframe === '1m' ? 'date' : 'period'} ${periods} AND close IS NOT NULL) AS bar
LEFT JOIN (SELECT venue, open_time, known_at, ${columns.join(', ')} FROM features
    WHERE ${span} AND period ${periods}) AS feature USING (venue, open_time)
ORDER BY bar.open_time`;
    },
    surveySql: ({
      features,
      ...request
    }) => `SELECT count(*)::DOUBLE AS rows, epoch_us(min(close_time))::DOUBLE AS first_us, epoch_us(max(close_time))::DOUBLE AS last_us,
  ${features.map((name) => `count(${quotedIdentifier(name)})::DOUBLE AS ${quotedIdentifier(name)}`).join(', ')}
FROM features WHERE ${spanOf(timeframe, request)} AND period ${periodsOf(timeframe, request)}`,
  };
}

type Span = Omit<RowRequest, 'features'>;

function spanOf(timeframe: Timeframe, { instrument, fromUs, toUs, cutUs }: Span): string {
  return `${ofInstrument(instrument)} AND timeframe = ${quotedString(timeframe)}
    AND open_time >= make_timestamp(${fromUs}) AND open_time < make_timestamp(${toUs}) AND known_at < make_timestamp(${cutUs})`;
}

/** Partitions that hold the span: DuckDB then opens no file of the others. */
function periodsOf(timeframe: Timeframe, { fromUs, toUs }: Span): string {
  return `BETWEEN DATE '${dayText(periodStartUs(timeframe, fromUs))}' AND DATE '${dayText(toUs)}'`;
}
