/**
 * Which bars are new to a derived table: by symbol and day (UTC), the time of the earliest one. From the commits of the
 * input since the version that the table's `txn` names; all of the input where those commits are gone.
 */
import { type DuckDBConnection, quotedString } from '@duckdb/node-api';
import type { AddFile } from '../../delta/log/actions.ts';
import { readCommit } from '../../delta/log/load-snapshot.ts';
import { commitName } from '../../delta/log/log-path.ts';
import { fileKey } from '../../delta/log/log-replay.ts';
import { DAY_US, type Timeframe } from '../../lake/timeframe.ts';
import type { SymbolIndex } from '../symbol-index.ts';
import { type InputTable, selectOf } from './input-table.ts';

/** By symbol: day → earliest time, both microseconds since the epoch. */
export class ChangedTimes {
  readonly byId = new Map<number, Map<number, number>>();

  add(id: number, timeUs: number): void {
    let days = this.byId.get(id);
    if (days === undefined) {
      days = new Map();
      this.byId.set(id, days);
    }
    const day = Math.floor(timeUs / DAY_US) * DAY_US;
    days.set(day, Math.min(timeUs, days.get(day) ?? Number.POSITIVE_INFINITY));
  }

  delete(id: number): void {
    this.byId.delete(id);
  }

  /** All days, ascending. */
  get days(): number[] {
    return [...new Set([...this.byId.values()].flatMap((days) => [...days.keys()]))].sort((a, b) => a - b);
  }

  /** The earliest change of a symbol from one time to another (exclusive). */
  earliestIn(id: number, fromUs: number, untilUs: number): number | undefined {
    let earliest: number | undefined;
    for (const [day, time] of this.byId.get(id) ?? []) {
      if (day + DAY_US <= fromUs || day >= untilUs || time >= untilUs) continue;
      const within = Math.max(time, fromUs);
      if (earliest === undefined || within < earliest) earliest = within;
    }
    return earliest;
  }
}

export interface ChangedTimesOptions {
  readonly connection: DuckDBConnection;
  readonly input: InputTable;
  /** Undefined: all rows are new. */
  readonly sinceVersion: number | undefined;
  readonly symbols: SymbolIndex;
  /** Only bars of this length. */
  readonly timeframe: Timeframe;
}

export async function changedTimes({
  connection,
  input,
  sinceVersion,
  symbols,
  timeframe,
}: ChangedTimesOptions): Promise<ChangedTimes> {
  const changed = new ChangedTimes();
  const files = (await newFiles(input, sinceVersion)).filter(
    ({ partitionValues }) => (partitionValues.timeframe ?? timeframe) === timeframe,
  );
  if (files.length === 0) return changed;
  const rows = await connection.runAndReadAll(
    `SELECT venue, market, symbol, min(epoch_us(open_time))::DOUBLE FROM (${await selectOf(connection, input, files)})
     WHERE timeframe = ${quotedString(timeframe)} GROUP BY venue, market, symbol, epoch_us(open_time) // ${DAY_US}`,
  );
  for (const [venue, market, symbol, time] of rows.getRows()) {
    const key = { venue: String(venue), market: String(market), symbol: String(symbol) };
    changed.add(symbols.idOf(key), Number(time));
  }
  return changed;
}

/** Live files that rows came with since a version; perhaps more, where new files were merged with older ones. */
export async function newFiles(
  { store, snapshot }: InputTable,
  since: number | undefined,
): Promise<AddFile[]> {
  const all = [...snapshot.files.values()];
  if (since === undefined || since > snapshot.version) return all;
  const added = new Set<string>();
  const rewritten = new Set<string>();
  let isGone = false;
  for (let version = since + 1; version <= snapshot.version; version++) {
    if ((await store.read(commitName(version))) === undefined) return all;
    for (const action of await readCommit(store, commitName(version))) {
      if (!('add' in action)) continue;
      const key = fileKey(action.add);
      (action.add.dataChange ? added : rewritten).add(key);
    }
  }
  for (const key of added) isGone ||= !snapshot.files.has(key);
  return all.filter((add) => {
    const key = fileKey(add);
    return added.has(key) || (isGone && rewritten.has(key));
  });
}
