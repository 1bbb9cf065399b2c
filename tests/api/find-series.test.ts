import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { BARS_1M_TABLE } from '../../src/lake/tables/bars-1m.ts';
import { findSeries } from '../../src/questions/find-series.ts';
import { LakeReader } from '../../src/questions/lake-reader.ts';
import { PinnedLake } from '../../src/questions/pinned-lake.ts';
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
