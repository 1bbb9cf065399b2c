/** Polled prices of a symbol: history, with lags where they are asked for. */
import { PRICES_TABLE } from '../lake/tables/prices.ts';
import { findSeries } from './find-series.ts';
import type { ListAnswer, Page, Span } from './list-answer.ts';
import { newestTime } from './newest-time.ts';
import type { PinnedLake } from './pinned-lake.ts';
import { readSeries } from './read-series.ts';
import type { ResultTable } from './result-table.ts';
import type { SeriesSource } from './series-source.ts';
import { parseSymbol } from './symbol-name.ts';
import { timeCondition } from './time-predicate.ts';

export interface PriceQuestion extends Span {
  readonly symbol: string;
  /** Also the five prices before, and the mean of the newest ten. */
  readonly hasFeatures: boolean;
}

const MINUTE_US = 60_000_000n;
/** An older price is no longer one that came before. */
const LOOK_BACK_US = 86_400_000_000n;
const COLUMNS =
  'collected_at, venue, market, symbol, last_price AS price, collected_at AS timestamp, venue AS source';
const FEATURES = [
  ...[1, 2, 3, 4, 5].map((lag) => `lag(last_price, ${lag}) OVER w AS price_lag_${lag}`),
  'CASE WHEN count(last_price) OVER ten = 10 THEN avg(last_price) OVER ten END AS ma_10',
].join(', ');

/** @throws LakeError SYMBOL_NOT_FOUND, USAGE. */
export async function listPrices(lake: PinnedLake, question: PriceQuestion, page: Page): Promise<ListAnswer> {
  const series = await findSeries(lake, PRICES_TABLE, parseSymbol(question.symbol), page.signal);
  const { hasFeatures } = question;
  const source: SeriesSource = {
    table: PRICES_TABLE,
    series,
    filters: {},
    stepUs: MINUTE_US,
    lookBackUs: hasFeatures ? LOOK_BACK_US : 0n,
    wrap: (plain, span) => ({
      sql: hasFeatures ? featuresSql(plain, span) : shaped(plain('prices')),
      alsoReads: [],
    }),
  };
  const { rows, next } = await readSeries(lake, source, question, page);
  const newestUs = await newestTime(lake, source, page.signal);
  const completeUntilUs = newestUs === undefined ? undefined : newestUs + 1n;
  return { rows: without(rows, PRICES_TABLE.timeColumn), next, completeUntilUs, holes: [] };
}

function shaped(select: string, more = ''): string {
  return `SELECT ${COLUMNS}${more} FROM (${select})`;
}

function featuresSql(plain: (table: string, span?: Span) => string, span: Span): string {
  const fromUs = span.fromUs === undefined ? undefined : span.fromUs - LOOK_BACK_US;
  return `SELECT * FROM (
  ${shaped(plain('prices', { ...span, fromUs }), `, ${FEATURES}`)}
  WINDOW w AS (ORDER BY collected_at), ten AS (ORDER BY collected_at ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)
) WHERE ${timeCondition('collected_at', span)}`;
}

function without(rows: ResultTable, name: string): ResultTable {
  const index = rows.names.indexOf(name);
  const keep = <T>(items: readonly T[]) => items.filter((_, column) => column !== index);
  return { ...rows, names: keep(rows.names), types: keep(rows.types), columns: keep(rows.columns) };
}
