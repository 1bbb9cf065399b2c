import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import { LAKE_TABLES } from '../../src/lake/registry.ts';
import type { ChannelMessage } from '../../src/live/channel.ts';
import { Hub } from '../../src/live/hub.ts';
import { watchLog } from '../../src/live/log-watcher.ts';
import { LakeReader } from '../../src/questions/lake-reader.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { eventually, temporaryFolder } from '../support/program.ts';

/** Bars of two symbols, a minute each, from one number of the first to another. */
function bars(from: number, to: number): string {
  return `SELECT 'binance' AS venue, 'spot' AS market, ['BTCUSDT', 'ETHUSDT'][1 + s] AS symbol, '1m' AS timeframe,
    TIMESTAMPTZ '2026-11-20 00:00:00Z' + INTERVAL (i) MINUTE AS open_time, TIMESTAMPTZ '2026-11-20 00:01:00Z' + INTERVAL (i) MINUTE AS close_time, i::DOUBLE AS close
    FROM range(${from}, ${to}) r(i), range(2) t(s)`;
}

async function watchedBars() {
  const lake = await temporaryFolder();
  const columns = LAKE_TABLES.find(({ name }) => name === 'bars_1m')?.columns ?? {};
  const table = await parquetTable(join(lake, 'bars_1m'), columns, {}, ['date']);
  const add = (from: number, to: number) =>
    table.add(bars(from, to), { partitionValues: { date: '2026-11-20' } });
  await add(0, 1);
  const hub = new Hub(1000);
  const channel = hub.channel({ channel: 'bars', symbol: 'spot:BTCUSDT', timeframe: '1m' });
  const received: ChannelMessage[] = [];
  channel.listen((message) => received.push(message));
  hub.begin(channel, { bars_1m: table.table.version });
  const warnings: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => warnings.push(line) });
  const watch = async () => {
    const reader = await LakeReader.open({ lake, memoryBytes: 2 ** 28 });
    const ended = new AbortController();
    const watching = watchLog({ reader, log, hub }, ended.signal);
    onTestFinished(async () => {
      ended.abort();
      await watching;
      hub.close();
      await reader.close();
    });
  };
  return { ...table, add, hub, channel, received, warnings, watch };
}

it('tells every row of a large commit, and of more commits than it reads at once, each once and in order', async () => {
  const { add, received, warnings, channel, watch } = await watchedBars();
  await add(1, 7001);
  for (let minute = 7001; minute < 7061; minute++) await add(minute, minute + 1);
  await watch();
  await eventually('the newest bar', () => received.at(-1)?.text.includes('"close":7060'));
  const closes = received.map(({ text }) => (JSON.parse(text) as { data: { close: number } }).data.close);
  expect(closes).toEqual(Array.from({ length: 7060 }, (_, index) => index + 1));
  expect(channel.seq).toBe(1000 + 7060);
  expect(warnings).toEqual([]);
});

it('leaves a number out where commits were cleaned up before they were published', async () => {
  const { add, folder, table, hub, channel, received, warnings, watch } = await watchedBars();
  await add(1, 2);
  await add(2, 3);
  await writeCheckpoint(table, { nowMs: Date.now(), force: true });
  for (let version = 0; version < table.version; version++)
    await rm(join(folder, '_delta_log', `${String(version).padStart(20, '0')}.json`));
  await watch();
  await eventually('what is there has come', () => hub.publishedVersions.get('bars_1m') === table.version);
  expect(received).toEqual([]);
  expect(channel.seq).toBe(1001);
  expect(channel.since(1000)).toBeUndefined();
  await add(3, 4);
  await eventually('the next bar', () => received.length === 1);
  expect(received[0]?.seq).toBe(1002);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('cleaned up before they were published');
});
