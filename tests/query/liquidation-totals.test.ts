import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { askedSql } from '../../src/lake/asked-sql.ts';
import { NAMED_QUERIES } from '../../src/lake/registry.ts';
import { ALL_VIEWS } from '../../src/sources/views.ts';

it('beside each total of liquidations stands whether it is of all orders or of a sample, venue by venue', async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`CREATE TABLE liquidation AS
SELECT venue, 'usdm' AS market, 'BTCUSDT' AS symbol, 'SELL' AS side, 10.0 AS notional, TIMESTAMP '2026-11-21 12:00:00' AS trade_time
FROM (VALUES ('binance'), ('bybit'), ('okx'), ('unknown')) AS v(venue)`);
  await connection.run(ALL_VIEWS.find(({ name }) => name === 'liquidation_venues')?.sql ?? '');
  const expected = [
    ['binance', 'a sample'],
    ['bybit', 'all orders'],
    ['okx', 'a sample'],
    ['unknown', null],
  ];
  for (const name of ['liquidations-by-side', 'top-liquidations', 'liquidations-by-hour']) {
    const query = NAMED_QUERIES.find((one) => one.name === name);
    const rows = await connection.runAndReadAll(askedSql(query?.sql ?? '', { sinceMs: undefined, nowMs: 0 }));
    const totals = rows.getRowObjects().map(({ venue, total_of }) => [venue, total_of]);
    expect(totals.sort(), name).toEqual(expected);
  }
});
