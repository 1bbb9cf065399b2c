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
import { DeriveSession } from './input/derive-session.ts';
import { filesIn, openInput, selectOf } from './input/input-table.ts';

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

const DERIVED: readonly LakeTable[] = [BARS_ROLLUP_TABLE, INDICATORS_TABLE, FEATURES_TABLE];
const MOST_LISTED = 100;

/** @param atUs the moment, microseconds since the epoch. @throws LakeError TABLE_… */
export async function prove(options: DeriveOptions, atUs: number): Promise<Proof> {
  const session = await DeriveSession.open(options.memoryBytes, options.scratchPlaces);
  const folder = await mkdtemp(join(session.scratch, 'proof-'));
  try {
    const { thresholds: _, ...rest } = options;
    await deriveLake({ ...rest, knownUntilUs: atUs, outputLake: folder, sinceUs: options.sinceUs ?? 0 });
    const differences: Difference[] = [];
    let rows = 0;
    for (const table of DERIVED) {
      const compared = await compare(new DeriveRun(options, session), folder, table, atUs);
      rows += compared.rows;
      differences.push(...compared.differences);
    }
    return { rows, differences: differences.slice(0, MOST_LISTED) };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await session.close();
  }
}

async function compare(run: DeriveRun, folder: string, table: LakeTable, atUs: number): Promise<Proof> {
  const { lake, sinceUs = 0, isWanted = () => true } = run.options;
  const { connection } = run.session;
  const [stored, made] = [await openInput(lake, table.name), await openInput(folder, table.name)];
  if (stored === undefined || made === undefined) return { rows: 0, differences: [] };
  const columns = Object.keys(table.columns).filter((name) => name !== 'inputs_version');
  const all = async (input: typeof stored) =>
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
  const wanted = (venue: unknown, market: unknown, symbol: unknown) =>
    isWanted({ venue: String(venue), market: String(market), symbol: String(symbol) });
  const rows = count
    .getRows()
    .reduce((sum, [venue, market, symbol, n]) => (wanted(venue, market, symbol) ? sum + Number(n) : sum), 0);
  const result = await connection.runAndReadAll(
    `SELECT venue, market, symbol, timeframe, epoch_us(open_time)::DOUBLE
     FROM (${known} EXCEPT ALL ${await all(made)}) ORDER BY open_time, symbol`,
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
