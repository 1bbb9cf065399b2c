import { expect, it, onTestFinished } from 'vitest';
import { listBars } from '../../src/questions/bar-lists.ts';
import { LakeReader } from '../../src/questions/lake-reader.ts';
import { timesOf } from '../../src/questions/result-table.ts';
import { storeBars, T0_US, walk } from '../support/bars.ts';
import { temporaryFolder } from '../support/program.ts';

const MINUTE_US = 60_000_000n;

it.each([
  ['whole', 100, 80],
  ['cut by the limit', 50, 50],
])('rows of files that lie in another order come in that of time (%s)', async (_, limit, expected) => {
  const lake = await temporaryFolder();
  const bars = walk(80);
  await storeBars(lake, bars.slice(40));
  await storeBars(lake, bars.slice(0, 40));
  const reader = await LakeReader.open({ lake, memoryBytes: 256 * 2 ** 20 });
  onTestFinished(() => reader.close());
  const pinned = await reader.pin(['bars_1m', 'bar_corrections']);
  const span = { fromUs: BigInt(T0_US), toUs: BigInt(T0_US) + 80n * MINUTE_US };
  const question = {
    kind: 'bars',
    timeframe: '1m',
    symbol: 'BTCUSDT',
    known: 'corrected',
    fill: 'none',
  } as const;
  const page = { limit, position: undefined, signal: AbortSignal.timeout(60_000) };
  const { rows, holes } = await listBars(pinned, { ...question, ...span }, page);
  expect(timesOf(rows, 'open_time')).toEqual(
    Array.from({ length: expected }, (_row, minute) => span.fromUs + BigInt(minute) * MINUTE_US),
  );
  expect(rows.columns[rows.names.indexOf('close')]).toEqual(
    bars.slice(0, expected).map(({ close }) => close),
  );
  expect(holes).toEqual([]);
});
