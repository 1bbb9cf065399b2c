import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commitName } from '../../src/delta/log/log-path.ts';
import { LIQUIDATION_TABLE } from '../../src/lake/tables/liquidation.ts';
import { runInProcess } from '../support/in-process.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { run, temporaryFolder } from '../support/program.ts';

const DAYS = ['2026-01-01', '2026-01-02'];

/** Two small files on each of two closed days. */
async function lakeOfDays(): Promise<string> {
  const lake = await temporaryFolder();
  const table = await parquetTable(join(lake, 'liquidation'), LIQUIDATION_TABLE.columns, {}, ['date']);
  for (const day of DAYS) {
    for (const file of [0, 1]) {
      const columns = Object.keys(LIQUIDATION_TABLE.columns).filter((name) => name !== 'date');
      const known: Readonly<Record<string, string>> = {
        symbol: "'S' || i",
        trade_time: `TIMESTAMPTZ '${day} 00:00:00+00' + INTERVAL (i) SECOND`,
      };
      await table.add(
        `SELECT ${columns.map((name) => `${known[name] ?? 'NULL'} AS ${name}`).join()} FROM range(5) t(i)`,
        { path: `date=${day}/part-${file}.parquet`, partitionValues: { date: day } },
      );
    }
  }
  return lake;
}

const reported = async (lake: string, ...args: string[]) => {
  const { stdout, error } = await runInProcess(lake, ['compact', ...args, '--format', 'json']);
  expect(error).toBeUndefined();
  const rows = JSON.parse(String(stdout)) as Record<string, unknown>[];
  return rows.flatMap(({ action, partition, files_before, files_after, rows: count, note }) =>
    ['vacuum', 'checkpoint', 'clean'].includes(String(action))
      ? []
      : [[action, partition, files_before, files_after, count, note]],
  );
};

it('compact tells its plan, keeps to the partition that is named, does nothing twice, and all again when asked', async () => {
  const lake = await lakeOfDays();
  const [first, second] = DAYS;
  const dry = (day: unknown) => ['sort', day, 2, null, null, 'dry run'];
  const before = await readdir(lake, { recursive: true });
  expect(await reported(lake, '--dry-run')).toEqual([dry(first), dry(second)]);
  expect(await readdir(lake, { recursive: true })).toEqual(before);
  expect(await reported(lake, '--dry-run', '--where', `date='${second}'`)).toEqual([dry(second)]);
  expect(await reported(lake, '--partition', `date=${first}`)).toEqual([['sort', first, 2, 1, 10, null]]);
  const done = (day: unknown) => ['skip', day, null, null, null, 'is sorted already'];
  expect(await reported(lake)).toEqual([['sort', second, 2, 1, 10, null], done(first)]);
  const { said } = await runInProcess(lake, ['compact']);
  expect(said[0]).toBe(`liquidation: nothing to do: ${second} is sorted already`);
  expect(await reported(lake, '--all', '--where', `date=${first}`)).toEqual([
    ['sort', first, 1, 1, 10, null],
  ]);
});

it('compact leaves a table alone that others put into the lake, unless it is named', async () => {
  const lake = await lakeOfDays();
  const mine = await parquetTable(join(lake, 'mine'), { n: 'long' });
  for (const _ of [0, 1]) await mine.add('SELECT 1::BIGINT AS n');
  const { version } = await mine.table.refresh();
  for (const words of [['compact'], ['compact', '--vacuum']]) {
    const { error, said } = await runInProcess(lake, words);
    expect(error).toBeUndefined();
    expect(said).toContain("mine: left alone: it is not crypto-lake's own; `--table mine` takes it");
  }
  expect(await run(['compact', '--auto', '--lake', lake])).toMatchObject({ code: 0 });
  expect((await mine.table.refresh()).version).toBe(version);
  expect(await reported(lake, '--table', 'mine', '--all')).toEqual([['sort', null, 2, 1, 2, null]]);
});

it('compact goes on past a table that only another engine may write; named, that is an error', async () => {
  const lake = await lakeOfDays();
  const prices = await parquetTable(join(lake, 'prices'), { n: 'long' });
  const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['tomorrow'] };
  await appendFile(join(prices.folder, commitName(1)), JSON.stringify({ protocol }));
  const rows = await reported(lake);
  expect(rows.map(([action]) => action)).toEqual(['sort', 'sort', 'skip']);
  expect(rows.at(-1)?.at(-1)).toMatch(/tomorrow/);
  const { error } = await runInProcess(lake, ['compact', '--table', 'prices']);
  expect(error).toMatchObject({ code: 'TABLE_UNSUPPORTED' });
});

it('compact of an empty folder changes nothing', async () => {
  const lake = await temporaryFolder();
  const { said, error } = await runInProcess(lake, ['compact']);
  expect([said, error]).toEqual([[`the lake ${lake} has no tables yet`], undefined]);
  expect(await readdir(lake)).toEqual([]);
});
