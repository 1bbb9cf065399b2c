import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { BARS_1M_TABLE } from '../../src/lake/tables/bars-1m.ts';
import { findSeries } from '../../src/questions/find-series.ts';
import { LakeReader } from '../../src/questions/lake-reader.ts';
import { PinnedLake } from '../../src/questions/pinned-lake.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { eventually } from '../support/program.ts';
import { addBar, BAR_COUNT, servedLake } from '../support/served-lake.ts';

let lake: string;
let reader: LakeReader;
beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-series-'));
  await servedLake(lake);
  reader = await LakeReader.open({ lake, memoryBytes: 2 ** 28 });
});
afterAll(async () => {
  await reader.close();
  await rm(lake, { recursive: true, force: true });
});

it('an unknown symbol is looked for once a version, a known one never again', async () => {
  const queries = vi.spyOn(PinnedLake.prototype, 'query');
  const look = async (symbol: string) => {
    queries.mockClear();
    const pinned = await reader.pin([BARS_1M_TABLE.name]);
    const name = { symbol, place: undefined };
    const found = await findSeries(pinned, BARS_1M_TABLE, name, AbortSignal.timeout(20_000)).catch(
      (error: { code: string }) => error.code,
    );
    return [found, queries.mock.calls.length];
  };
  const bitcoin = { venue: 'binance', market: 'spot', symbol: 'BTCUSDT' };
  // Within the range of what files say that they have.
  expect(await look('CCCUSDT')).toEqual(['SYMBOL_NOT_FOUND', 2]);
  expect(await look('CCCUSDT')).toEqual(['SYMBOL_NOT_FOUND', 0]);
  expect(await look('BTCUSDT')).toEqual([bitcoin, 0]);
  const version = async () => (await reader.pin([BARS_1M_TABLE.name])).versions[BARS_1M_TABLE.name] ?? -1;
  const before = await version();
  await addBar(lake, BAR_COUNT + 1);
  // The log is looked at some times a second.
  await eventually('the new version is seen', async () => (await version()) > before);
  expect((await look('CCCUSDT'))[1]).toBeGreaterThan(0);
  expect(await look('CCCUSDT')).toEqual(['SYMBOL_NOT_FOUND', 0]);
  expect(await look('BTCUSDT')).toEqual([bitcoin, 0]);
});

it('a market that is named is found where the newest day has the symbol on another one alone', async () => {
  const other = await mkdtemp(join(tmpdir(), 'crypto-lake-series-'));
  onTestFinished(() => rm(other, { recursive: true, force: true }));
  await servedLake(other);
  const table = await parquetTable(join(other, 'bars_1m'), BARS_1M_TABLE.columns, {}, ['date']);
  await table.add(
    "SELECT 'binance' AS venue, 'usdm' AS market, 'BTCUSDT' AS symbol, '1m' AS timeframe, TIMESTAMPTZ '2026-11-21 00:00:00Z' AS open_time",
    { path: 'next-day.parquet', partitionValues: { date: '2026-11-21' } },
  );
  const own = await LakeReader.open({ lake: other, memoryBytes: 2 ** 28 });
  onTestFinished(() => own.close());
  const queries = vi.spyOn(PinnedLake.prototype, 'query');
  const look = async (place: string | undefined) => {
    const name = { symbol: 'BTCUSDT', place };
    return findSeries(await own.pin(['bars_1m']), BARS_1M_TABLE, name, AbortSignal.timeout(20_000)).catch(
      (error: { code: string; hint: string }) => `${error.code}: ${error.hint}`,
    );
  };
  const on = (market: string) => ({ venue: 'binance', market, symbol: 'BTCUSDT' });
  expect(await look(undefined)).toEqual(on('usdm'));
  expect(await look('spot')).toEqual(on('spot'));
  expect(await look('coinm')).toMatch(/^SYMBOL_NOT_FOUND: there is `spot:BTCUSDT`, `usdm:BTCUSDT`/);
  queries.mockClear();
  expect(await look('coinm')).toMatch(/^SYMBOL_NOT_FOUND/);
  expect(await look('spot')).toEqual(on('spot'));
  expect(queries).not.toHaveBeenCalled();
});
