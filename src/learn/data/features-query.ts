/** Rows of `features` beside the close of their bar, with the corrections that were known before the cut. */
import { quotedIdentifier, quotedString } from '@duckdb/node-api';
import { FEATURE_NAMES } from '../../lake/tables/features.ts';
import { dayText, lengthUsOf, periodStartUs, type Timeframe } from '../../lake/timeframe.ts';
import { ofInstrument } from '../instrument.ts';
import { CHUNK_ROWS, type RowQuery, type RowRequest } from './row-query.ts';

/** The close of the row's own bar is no column of `features`; without it no model knows the price that "no change" knows. */
const CLOSE = 'close';

export const LAG_FEATURES = [
  CLOSE,
  'price_lag_1',
  'price_lag_2',
  'price_lag_3',
  'price_lag_4',
  'price_lag_5',
  'ma_10',
];

export function featuresQuery(timeframe: Timeframe): RowQuery {
  const lengthUs = lengthUsOf(timeframe);
  return {
    tables: timeframe === '1m' ? ['features', 'bars_1m', 'bar_corrections'] : ['features', 'bars_rollup'],
    featureNames: [CLOSE, ...FEATURE_NAMES],
    chunkUs: CHUNK_ROWS * lengthUs,
    sql: ({ features, labelBars, ...request }) => {
      const stored = features.filter((name) => name !== CLOSE).map((name) => quotedIdentifier(name));
      const columns = features.map((name) =>
        name === CLOSE
          ? 'price AS "close"'
          : `coalesce(${quotedIdentifier(name)}, 'NaN'::DOUBLE) AS ${quotedIdentifier(name)}`,
      );
      const labelled = { ...request, toUs: request.toUs + labelBars * lengthUs };
      const label =
        labelBars === 0
          ? "'NaN'::DOUBLE"
          : `CASE WHEN lead(open_us, ${labelBars}) OVER series - open_us = ${labelBars * lengthUs} THEN lead(price, ${labelBars}) OVER series ELSE 'NaN'::DOUBLE END`;
      return `WITH labelled AS (
  SELECT venue, open_time, open_us, price, ${label} AS label
  FROM (SELECT venue, open_time, epoch_us(open_time) AS open_us, close AS price FROM (${barsSql(timeframe, labelled)}) WHERE close IS NOT NULL)
  WINDOW series AS (ORDER BY open_us)
)
SELECT (open_us + ${lengthUs})::DOUBLE AS time_us, price, ${[' label', ...columns].join(', ')}
FROM (SELECT * FROM labelled WHERE open_us < ${request.toUs})
LEFT JOIN (SELECT ${['venue', 'open_time', ...stored].join(', ')} FROM features
    WHERE ${spanOf(timeframe, request)} AND period ${periodsOf(timeframe, request)}) AS feature USING (venue, open_time)
ORDER BY open_us`;
    },
    surveySql: ({ features, ...request }) => `SELECT count(*)::DOUBLE AS rows,
  epoch_us(min(close_time))::DOUBLE AS first_us, epoch_us(max(close_time))::DOUBLE AS last_us,
  ${features.map((name) => `count(${name === CLOSE ? '*' : quotedIdentifier(name)})::DOUBLE AS ${quotedIdentifier(name)}`).join(', ')}
FROM features WHERE ${spanOf(timeframe, request)} AND period ${periodsOf(timeframe, request)}`,
    definitionSql: (request) =>
      `SELECT DISTINCT coalesce(definition, '') AS definition FROM features WHERE ${spanOf(timeframe, request)} AND period ${periodsOf(timeframe, request)} ORDER BY 1`,
  };
}

/** The newest version of each bar that was known before the cut, as the view `bars` has the newest of all. */
function barsSql(timeframe: Timeframe, request: Span): string {
  const of = (table: string, partition: string) =>
    `SELECT venue, open_time, close FROM ${table} WHERE ${spanOf(timeframe, request)} AND ${partition} ${periodsOf(timeframe, request)}`;
  if (timeframe !== '1m') return of('bars_rollup', 'period');
  const corrected = `${of('bar_corrections', 'date')} QUALIFY row_number() OVER (PARTITION BY venue, open_time ORDER BY revision DESC) = 1`;
  return `WITH corrected AS (${corrected})
    SELECT * FROM (${of('bars_1m', 'date')}) ANTI JOIN corrected USING (venue, open_time) UNION ALL SELECT * FROM corrected`;
}

type Span = Omit<RowRequest, 'features' | 'labelBars'>;

function spanOf(timeframe: Timeframe, { instrument, fromUs, toUs, cutUs }: Span): string {
  return `${ofInstrument(instrument)} AND timeframe = ${quotedString(timeframe)}
    AND open_time >= make_timestamp(${fromUs}) AND open_time < make_timestamp(${toUs}) AND known_at < make_timestamp(${cutUs})`;
}

/** Partitions that hold the span: DuckDB then opens no file of the others. */
function periodsOf(timeframe: Timeframe, { fromUs, toUs }: Span): string {
  return `BETWEEN DATE '${dayText(periodStartUs(timeframe, fromUs))}' AND DATE '${dayText(toUs)}'`;
}
