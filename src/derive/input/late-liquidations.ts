/** Liquidations that came after the features of the bars that they are in. */
import { type DuckDBConnection, quotedString } from '@duckdb/node-api';
import { FIRST_VENUE } from '../../lake/first-venue.ts';
import { lengthUsOf, MINUTE_US, type Timeframe } from '../../lake/timeframe.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import { type InputTable, newestUsIn, selectOf } from './input-table.ts';
import { LIQUIDATION_MARKET } from './liquidations.ts';
import { newFiles } from './new-files.ts';

export interface LateLiquidations {
  readonly connection: DuckDBConnection;
  readonly symbols: SymbolIndex;
  readonly liquidation: InputTable | undefined;
  /** Up to which version of it the features are made; undefined when it was not there yet. */
  readonly since: number | undefined;
  /** The features. */
  readonly table: InputTable;
}

/** @param touch gets each row that is to be made again. */
export async function forEachLateLiquidation(
  { connection, symbols, liquidation, since, table }: LateLiquidations,
  touch: (id: number, timeframe: Timeframe, openTimeUs: number) => void,
): Promise<void> {
  if (liquidation === undefined) return;
  const files = await newFiles(liquidation, since);
  if (files.length === 0) return;
  const orders = `SELECT coalesce(venue, ${quotedString(FIRST_VENUE)}) AS venue, symbol, trade_time FROM (${await selectOf(connection, liquidation, files)})
    WHERE market = ${quotedString(LIQUIDATION_MARKET)}`;
  const oldest = await connection.runAndReadAll(`SELECT epoch_us(min(trade_time))::DOUBLE FROM (${orders})`);
  const fromUs = oldest.getRows()[0]?.[0];
  if (typeof fromUs !== 'number') return;
  const reached = [...table.snapshot.files.values()].filter((file) => {
    const newestUs = newestUsIn(file, 'open_time');
    const timeframe = (file.partitionValues.timeframe ?? '1d') as Timeframe;
    return newestUs === undefined || newestUs + lengthUsOf(timeframe) > fromUs;
  });
  if (reached.length === 0) return;
  // By the minute: so it is a join of equals.
  const rows = await connection.runAndReadAll(
    `WITH orders AS (SELECT DISTINCT venue, symbol, epoch_us(trade_time) // ${MINUTE_US} AS minute FROM (${orders})),
       made AS (SELECT venue, market, symbol, timeframe, epoch_us(open_time) AS since, epoch_us(close_time) AS until FROM (${await selectOf(connection, table, reached)})
         WHERE close_time > make_timestamptz(${fromUs}))
     SELECT DISTINCT m.venue, m.market, m.symbol, m.timeframe, m.since::DOUBLE FROM made AS m JOIN orders AS o
       ON o.venue = m.venue AND o.symbol = m.symbol AND o.minute * ${MINUTE_US} >= m.since AND o.minute * ${MINUTE_US} < m.until`,
  );
  for (const [venue, market, symbol, timeframe, time] of rows.getRows()) {
    const id = symbols.idOf({ venue: String(venue), market: String(market), symbol: String(symbol) });
    touch(id, String(timeframe) as Timeframe, Number(time));
  }
}
