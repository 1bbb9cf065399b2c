/**
 * Recomputes everything from only what had been received at a moment, and compares it, bit by bit, with the stored rows
 * that say that they were known by then: none may have looked ahead.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quotedIdentifier } from '@duckdb/node-api';
import type { LakeTable } from '../lake/table.ts';
import { BARS_ROLLUP_TABLE } from '../lake/tables/bars-rollup.ts';
import { FEATURES_TABLE } from '../lake/tables/features.ts';
import { INDICATORS_TABLE } from '../lake/tables/indicators.ts';
import { deriveLake } from './derive-lake.ts';
import { type DeriveOptions, DeriveRun } from './derive-run.ts';
import { DeriveState } from './derive-state.ts';
import { filesIn, type InputTable, selectOf } from './input/input-table.ts';
import { openInput } from './input/lake-tables.ts';
import { type Choice, Watched } from './input/watched.ts';

export interface Proof {
  /** Stored rows that were compared. */
  readonly rows: number;
  /** The first of those that come out otherwise. */
  readonly differences: readonly Difference[];
}

export interface Difference {
  readonly table: string;
  readonly timeframe: string;
  readonly symbol: string;
  /** ISO time. */
  readonly open_time: string;
}

interface Derived {
  readonly table: LakeTable;
  /** Rows of symbols that are no longer chosen are no longer kept right. */
  readonly choice: Choice | undefined;
}

const DERIVED: readonly Derived[] = [
  { table: BARS_ROLLUP_TABLE, choice: undefined },
  { table: INDICATORS_TABLE, choice: 'watched' },
  { table: FEATURES_TABLE, choice: 'featured' },
];
const MOST_LISTED = 100;

/** @param atUs the moment, microseconds since the epoch. @throws LakeError TABLE_… */
export async function prove(options: DeriveOptions, atUs: number): Promise<Proof> {
  const state = await DeriveState.open(options, false);
  const { session } = state;
  const folder = await mkdtemp(join(session.scratch, 'proof-'));
  try {
    const { thresholds: _, ...rest } = options;
    await deriveLake({ ...rest, knownUntilUs: atUs, outputLake: folder, sinceUs: options.sinceUs ?? 0 });
    const differences: Difference[] = [];
    let rows = 0;
    const run = new DeriveRun(options, state);
    run.watched = await Watched.load(session.connection, await run.input('symbols'));
    for (const derived of DERIVED) {
      const compared = await compare(run, folder, derived, atUs);
      rows += compared.rows;
      differences.push(...compared.differences);
    }
    return { rows, differences: differences.slice(0, MOST_LISTED) };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await state.close();
  }
}

async function compare(
  run: DeriveRun,
  folder: string,
  { table, choice }: Derived,
  atUs: number,
): Promise<Proof> {
  const { lake, sinceUs = 0, isWanted } = run.options;
  const { connection } = run.session;
  const stored = await openInput(lake, table.name);
  if (stored === undefined) return { rows: 0, differences: [] };
  const made = await openInput(folder, table.name);
  const columns = Object.keys(table.columns).filter((name) => name !== 'inputs_version');
  const all = async (input: InputTable) =>
    `SELECT ${columns.map(quotedIdentifier).join(', ')} FROM (${await selectOf(
      connection,
      input,
      filesIn(input, () => true),
    )})`;
  const timeframes = run.timeframes.map((timeframe) => `'${timeframe}'`).join(', ');
  const known = `SELECT * FROM (${await all(stored)}) WHERE known_at <= make_timestamptz(${atUs})
    AND open_time >= make_timestamptz(${sinceUs}) AND timeframe IN (${timeframes})`;
  const count = await connection.runAndReadAll(
    `SELECT venue, market, symbol, count(*)::DOUBLE FROM (${known}) GROUP BY ALL`,
  );
  const wanted = (venue: unknown, market: unknown, symbol: unknown) => {
    const key = { venue: String(venue), market: String(market), symbol: String(symbol) };
    return isWanted?.(key) ?? (choice === undefined || run.watched.has(choice, key));
  };
  const rows = count
    .getRows()
    .reduce((sum, [venue, market, symbol, n]) => (wanted(venue, market, symbol) ? sum + Number(n) : sum), 0);
  const result = await connection.runAndReadAll(
    `SELECT venue, market, symbol, timeframe, epoch_us(open_time)::DOUBLE
     FROM (${known} ${made === undefined ? '' : `EXCEPT ALL ${await all(made)}`}) ORDER BY open_time, symbol`,
  );
  const differences = result
    .getRows()
    .filter(([venue, market, symbol]) => wanted(venue, market, symbol))
    .map(([, , symbol, timeframe, time]) => ({
      table: table.name,
      timeframe: String(timeframe),
      symbol: String(symbol),
      open_time: new Date(Number(time) / 1000).toISOString(),
    }));
  return { rows, differences };
}
