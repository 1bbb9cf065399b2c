import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { beforeEach, describe, expect, it } from 'vitest';
import { askedSql } from '../../src/lake/asked-sql.ts';
import { NAMED_QUERIES } from '../../src/lake/registry.ts';
import { ALL_VIEWS } from '../../src/sources/views.ts';

let connection: DuckDBConnection;
beforeEach(async () => {
  connection = await (await DuckDBInstance.create()).connect();
});

type Span = readonly [
  connection: string,
  state: string,
  startMinute: number,
  endMinute: number,
  reason?: string,
];

/** Makes a `coverage` of spans in minutes after noon, and an order in each of `orderMinutes`. */
async function coverageOf(spans: readonly Span[], orderMinutes: readonly number[] = []): Promise<void> {
  await connection.run(
    'CREATE TABLE coverage (source VARCHAR, connection VARCHAR, state VARCHAR, started_at TIMESTAMP, ended_at TIMESTAMP, end_reason VARCHAR)',
  );
  await connection.run('CREATE TABLE liquidation (venue VARCHAR, trade_time TIMESTAMP, notional DOUBLE)');
  for (const [name, state, start, end, reason = 'segment'] of spans)
    await connection.run(
      `INSERT INTO coverage VALUES ('liquidation', '${name}', '${state}', ${at(start)}, ${at(end)}, '${reason}')`,
    );
  for (const minute of orderMinutes)
    await connection.run(`INSERT INTO liquidation VALUES ('binance', ${at(minute)}, 1)`);
  const made = ['coverage', 'liquidation'];
  for (const { reads, sql } of ALL_VIEWS)
    if (reads.every((name) => made.includes(name))) await connection.run(sql);
}

const at = (minute: number) => `TIMESTAMP '2026-11-21 12:00:00' + INTERVAL ${minute * 60} SECOND`;

async function minutesOf(view: string): Promise<unknown[]> {
  const minutes = (name: string) => `epoch(${name} - TIMESTAMP '2026-11-21 12:00:00') / 60`;
  const why = view === 'coverage_gaps' ? 'reason' : 'end_reason';
  const reader = await connection.runAndReadAll(
    `SELECT ${minutes('started_at')}, ${minutes('ended_at')}, ${why} FROM ${view} ORDER BY started_at`,
  );
  return reader.getRowsJson();
}

describe('the views of coverage', () => {
  it('join what connections and segments cover together, and give each hole its reason', async () => {
    await coverageOf([
      ['ws-1', 'listening', 0, 2],
      ['ws-1', 'listening', 2, 4, 'closed with 1006'],
      ['ws-2', 'listening', 1, 5, 'no message for 6 s'],
      ['ws-1', 'listening', 7, 9],
    ]);
    expect(await minutesOf('coverage_spans')).toEqual([
      [0, 5, 'no message for 6 s'],
      [7, 9, 'segment'],
    ]);
    expect(await minutesOf('coverage_gaps')).toEqual([[5, 7, 'no message for 6 s']]);
  });

  it('take back what was called listening before the silence of liquidations was noticed', async () => {
    await coverageOf([
      ['ws-1', 'listening', 0, 4],
      ['ws-2', 'listening', 3, 10],
      ['', 'unproven', 2, 6, 'liquidations silent'],
      ['', 'unproven', 5, 7, 'liquidations silent'],
      ['ws-2', 'unproven', 10, 12, 'proven'],
      ['ws-2', 'listening', 12, 13],
      ['', 'unproven', 12, 13, 'liquidations silent'],
      ['ws-1', 'listening', 14, 15],
    ]);
    expect(await minutesOf('coverage_spans')).toEqual([
      [0, 2, 'liquidations silent'],
      [7, 10, 'segment'],
      [14, 15, 'segment'],
    ]);
  });

  it('cover a moment when one machine listened, whatever another one takes back', async () => {
    await coverageOf([
      ['north/ws-1', 'listening', 0, 10],
      ['north/', 'unproven', 2, 8, 'liquidations silent'],
      ['south/ws-1', 'listening', 1, 4],
      ['south/ws-2', 'listening', 6, 7, 'closed with 1006'],
      ['south/', 'unproven', 3, 5, 'liquidations silent'],
    ]);
    expect(await minutesOf('coverage_spans')).toEqual([
      [0, 3, 'liquidations silent'],
      [6, 7, 'closed with 1006'],
      [8, 10, 'segment'],
    ]);
  });

  it('tell the share of the time asked for, also when it begins in a hole', async () => {
    await coverageOf([
      ['ws-1', 'listening', 0, 10],
      ['ws-1', 'listening', 30, 35],
      ['ws-1', 'listening', 37, 40],
    ]);
    const { sql } = NAMED_QUERIES.find(({ name }) => name === 'coverage') ?? { sql: '' };
    const share = async (sinceMs?: number, nowMs?: number) => {
      const reader = await connection.runAndReadAll(
        `SELECT percent_listened, spans::INT FROM (${askedSql(sql, { sinceMs, nowMs })})`,
      );
      return reader.getRowsJson();
    };
    const noonMs = Date.parse('2026-11-21T12:00:00Z');
    expect(await share()).toEqual([[45, 3]]);
    expect(await share(noonMs + 20 * 60_000)).toEqual([[40, 2]]);
    expect(await share(noonMs + 5 * 60_000)).toEqual([[37.143, 3]]);
  });

  it('count from the newest span to now as a hole, when a time was asked for and the silence is not just fresh', async () => {
    await coverageOf([['ws-1', 'listening', 0, 10]]);
    const noonMs = Date.parse('2026-11-21T12:00:00Z');
    const asked = async (name: string, sinceMinutes: number | undefined, nowMinutes: number | undefined) => {
      const { sql } = NAMED_QUERIES.find((query) => query.name === name) ?? { sql: '' };
      const toMs = (minutes: number | undefined) =>
        minutes === undefined ? undefined : noonMs + minutes * 60_000;
      const text = askedSql(sql, { sinceMs: toMs(sinceMinutes), nowMs: toMs(nowMinutes) });
      const column = name === 'coverage' ? 'percent_listened' : 'seconds, reason';
      return (await connection.runAndReadAll(`SELECT ${column} FROM (${text})`)).getRowsJson();
    };
    expect(await asked('coverage', 0, 25)).toEqual([[50]]);
    expect(await asked('coverage-gaps', 0, 25)).toEqual([[600, 'nothing recorded since']]);
    expect(await asked('coverage', 15, 25)).toEqual([[0]]);
    for (const now of [14, undefined]) {
      expect(await asked('coverage', 0, now)).toEqual([[100]]);
      expect(await asked('coverage-gaps', 0, now)).toEqual([]);
    }
    // An old lake is no collector that is down.
    expect(await asked('coverage', undefined, 25)).toEqual([[100]]);
    expect(await asked('coverage-gaps', undefined, 25)).toEqual([]);
  });

  it('tell a minute without liquidations from one in which nobody listened for all of it', async () => {
    await coverageOf(
      [
        ['ws-1', 'listening', 0, 2.5],
        ['ws-1', 'listening', 4, 5],
      ],
      [1.5, 2.2],
    );
    const reader = await connection.runAndReadAll(
      'SELECT listened, orders::INT FROM liquidation_by_minute ORDER BY minute',
    );
    expect(reader.getRowsJson()).toEqual([
      [true, 0],
      [true, 1],
      [false, 1],
      [false, null],
      [true, 0],
      [false, null],
    ]);
    const asked = await connection.runAndReadAll(
      `SELECT listened(${at(2.4)}), listened(${at(3)}), listened(${at(4.5)})`,
    );
    expect(asked.getRowsJson()).toEqual([[true, false, true]]);
  });

  it('tell venues and markets apart: no hole of one is hidden by another', async () => {
    await coverageOf([['ws-1', 'listening', 0, 30]]);
    await connection.run('ALTER TABLE coverage ADD COLUMN venue VARCHAR');
    await connection.run('ALTER TABLE coverage ADD COLUMN market VARCHAR');
    await connection.run('ALTER TABLE coverage ADD COLUMN stream VARCHAR');
    const add = (venue: string, market: string, source: string, start: number, end: number) =>
      connection.run(
        `INSERT INTO coverage VALUES ('${source}', 'ws-1', 'listening', ${at(start)}, ${at(end)}, 'x', '${venue}', '${market}', 'stream-${source}')`,
      );
    await add('binance', 'usdm', 'liquidation', 40, 50);
    await add('binance', 'coinm', 'liquidation', 40, 50);
    await add('other', 'linear', 'liquidation', 0, 60);
    await add('other', 'inverse', 'liquidation', 20, 30);
    await add('other', 'linear', 'bars', 45, 60);
    expect(await minutesOf('coverage_spans')).toEqual([
      [0, 30, 'segment'],
      [40, 50, 'x'],
    ]);
    const listened = async (minute: number, more = '') =>
      (await connection.runAndReadAll(`SELECT listened(${at(minute)}${more})`)).getRowsJson()[0]?.[0];
    expect(await Promise.all([10, 35, 45, 55].map((minute) => listened(minute)))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    // Only from its first row on is the second market missed.
    const others = [10, 25, 35].map((minute) => listened(minute, ", 'other'"));
    expect(await Promise.all(others)).toEqual([true, true, false]);
    expect(await listened(50, ", 'other', 'bars'")).toBe(true);
    expect(await listened(40, ", 'other', 'stream-bars'")).toBe(false);
    expect(await listened(10, ", 'nobody'")).toBe(false);
  });
});
