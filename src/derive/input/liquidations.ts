/** What was liquidated of a name within a bar, from the futures whose stream is all symbols of a venue. */
import { type DuckDBConnection, quotedString } from '@duckdb/node-api';
import { FIRST_VENUE } from '../../lake/first-venue.ts';
import { dayText } from '../../lake/timeframe.ts';
import type { LiquidationSums } from '../features/liquidation-features.ts';
import type { SymbolKey } from '../symbol-index.ts';
import { filesIn, type InputTable, selectOf } from './input-table.ts';
import type { Listening } from './listening.ts';

/** Perpetuals in the currency that spot is quoted in. */
export const LIQUIDATION_MARKET = 'usdm';

interface Orders {
  readonly times: number[];
  readonly notionals: number[];
  readonly isLong: boolean[];
  readonly knownAt: number[];
}

/** Times in microseconds since the epoch, from the first to the last (exclusive). */
interface LiquidationsWanted {
  readonly names: readonly string[];
  readonly fromUs: number;
  readonly untilUs: number;
  readonly knownUntilUs: number | undefined;
}

interface Found {
  readonly orders: Orders;
  readonly shareOf: (fromUs: number, untilUs: number) => number;
}

const NONE: Orders = { times: [], notionals: [], isLong: [], knownAt: [] };

export class Liquidations {
  readonly #listening: Listening;
  readonly #byName = new Map<string, Orders>();
  /** By the object itself: making a text of it for each bar would cost more than the sums. */
  readonly #found = new Map<SymbolKey, Found>();

  static async load(
    connection: DuckDBConnection,
    table: InputTable | undefined,
    listening: Listening,
    { names, fromUs, untilUs, knownUntilUs }: LiquidationsWanted,
  ): Promise<Liquidations> {
    const liquidations = new Liquidations(listening);
    const files =
      table === undefined
        ? []
        : filesIn(table, ({ date }) => date === null || date === undefined || isIn(date, fromUs, untilUs));
    if (table === undefined || files.length === 0 || names.length === 0) return liquidations;
    // In an order that does not depend on that of arrival: sums of doubles do.
    const rows = await connection.runAndReadAll(
      `SELECT coalesce(venue, ${quotedString(FIRST_VENUE)}), symbol, epoch_us(trade_time)::DOUBLE AS time, notional, side = 'SELL', epoch_us(received_at)::DOUBLE
       FROM (${await selectOf(connection, table, files)})
       WHERE market = ${quotedString(LIQUIDATION_MARKET)} AND symbol IN (${[...new Set(names)].map(quotedString).join(', ')}) AND notional IS NOT NULL
         AND trade_time >= make_timestamptz(${fromUs}) AND trade_time < make_timestamptz(${untilUs})
         AND (${knownUntilUs === undefined} OR received_at <= make_timestamptz(${knownUntilUs ?? 0}))
       ORDER BY time, notional, side`,
    );
    for (const [venue, symbol, time, notional, isLong, knownAt] of rows.getRows()) {
      const orders = liquidations.#of(String(venue), String(symbol));
      orders.times.push(Number(time));
      orders.notionals.push(Number(notional));
      orders.isLong.push(isLong === true);
      orders.knownAt.push(Number(knownAt));
    }
    return liquidations;
  }

  private constructor(listening: Listening) {
    this.#listening = listening;
  }

  /** From one time to another (exclusive), microseconds since the epoch. */
  sums(key: SymbolKey, fromUs: number, untilUs: number): LiquidationSums {
    const { orders, shareOf } = this.#found.get(key) ?? this.#find(key);
    const { times, notionals, isLong, knownAt } = orders;
    const listenedShare = shareOf(fromUs, untilUs);
    const sums = { long: 0, short: 0, knownAtUs: 0, listenedShare };
    for (let at = firstAtOrAfter(times, fromUs); at < times.length && (times[at] as number) < untilUs; at++) {
      if (isLong[at]) sums.long += notionals[at] as number;
      else sums.short += notionals[at] as number;
      sums.knownAtUs = Math.max(sums.knownAtUs, knownAt[at] as number);
    }
    return sums;
  }

  #find(key: SymbolKey): Found {
    const { venue, symbol } = key;
    const orders = this.#byName.get(keyOf(venue, symbol)) ?? NONE;
    const found = { orders, shareOf: this.#listening.sharesOf({ venue, market: LIQUIDATION_MARKET }) };
    this.#found.set(key, found);
    return found;
  }

  #of(venue: string, symbol: string): Orders {
    const key = keyOf(venue, symbol);
    let orders = this.#byName.get(key);
    if (orders === undefined) {
      orders = { times: [], notionals: [], isLong: [], knownAt: [] };
      this.#byName.set(key, orders);
    }
    return orders;
  }
}

function keyOf(venue: string, symbol: string): string {
  return JSON.stringify([venue, symbol]);
}

function isIn(date: string, fromUs: number, untilUs: number): boolean {
  return date >= dayText(fromUs) && date <= dayText(untilUs);
}

function firstAtOrAfter(times: readonly number[], timeUs: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < timeUs) low = middle + 1;
    else high = middle;
  }
  return low;
}
