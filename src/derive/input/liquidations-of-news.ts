/** The liquidations that features of new bars look at. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { DAY_US, lengthUsOf, periodStartUs, type Timeframe } from '../../lake/timeframe.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import type { InputTable } from './input-table.ts';
import { Liquidations } from './liquidations.ts';
import { Listening } from './listening.ts';
import type { News } from './news.ts';

export interface LiquidationInputs {
  readonly connection: DuckDBConnection;
  readonly symbols: SymbolIndex;
  readonly liquidation: InputTable | undefined;
  readonly coverage: InputTable | undefined;
  /** Microseconds since the epoch. */
  readonly knownUntilUs: number | undefined;
}

/** @param isOnward features go on from bars that were looked at before: nothing older is asked for. */
export async function liquidationsOfNews(
  { connection, symbols, liquidation, coverage, knownUntilUs }: LiquidationInputs,
  { changed }: News,
  timeframe: Timeframe,
  isOnward: boolean,
): Promise<Liquidations> {
  const { days } = changed;
  const fromUs = isOnward ? (days[0] ?? 0) : periodStartUs(timeframe, days[0] ?? 0, -1);
  const untilUs = periodStartUs(timeframe, days.at(-1) ?? 0, 2) + Math.max(DAY_US, lengthUsOf(timeframe));
  const names = [...changed.byId.keys()].map((id) => symbols.keyOf(id).symbol);
  const listening = await Listening.load(connection, coverage, 'liquidation', fromUs);
  return Liquidations.load(connection, liquidation, listening, { names, fromUs, untilUs, knownUntilUs });
}
