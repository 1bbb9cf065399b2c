import { copyFile, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createSystemClock } from '../../../src/base/clock.ts';
import { SegmentCommitter } from '../../../src/ingest/commit/segment-committer.ts';
import { takeBack as takeBackFile } from '../../../src/ingest/commit/take-back.ts';
import { openLakeTable } from '../../../src/lake/open-lake-table.ts';
import { LIQUIDATION_TABLE } from '../../../src/lake/tables/liquidation.ts';
import { sourceOf } from '../../../src/sources/registry.ts';
import type { SpoolRecord } from '../../../src/spool/segments/record.ts';
import { segmentPath } from '../../../src/spool/segments/segment-file.ts';
import { setAside } from '../../../src/spool/segments/set-aside.ts';
import { Spool } from '../../../src/spool/segments/spool.ts';
import { spoolFolder } from '../../../src/spool/state/spool-folder.ts';
import { query, run, temporaryFolder } from '../../support/program.ts';
import { frameAt, orderText, responseAt, SECOND_US, T0_US, tickAt } from '../../support/segment.ts';

const SOURCE = 'liquidations';

/** A lake whose spool has a segment an entry, with an order of each of these symbols, received at that second. */
function lakeWith(...segments: readonly (readonly [second: number, ...symbols: readonly string[]])[]) {
  const records = segments.map(([second, ...symbols]) => [
    ...symbols.map((s) => frameAt(second * SECOND_US, orderText({ s, ap: s === 'B' ? undefined : '1.5' }))),
    frameAt(second * SECOND_US, `{"bad ${symbols.join()}`),
    tickAt(second * SECOND_US + 1),
  ]);
  return lakeOf(SOURCE, records);
}

/** A lake whose spool has a segment an entry. */
async function lakeOf(source: string, segments: readonly (readonly SpoolRecord[])[]) {
  const lake = await temporaryFolder();
  const folder = spoolFolder(join(lake, '_spool'), source);
  for (const [i, records] of segments.entries()) {
    const spool = await Spool.open({ folder, floorSegment: i, onStateChange: () => undefined });
    for (const record of records) await spool.append(record);
    await spool.close();
  }
  const store = new SegmentCommitter(createSystemClock());
  const target = { lake, spool: join(lake, '_spool'), source, appId: 'x', duplicateWindowMs: 10_000 };
  return { lake, folder, store: (segment: number) => store.store(target, segment) };
}

/** The second segment is away while the others are stored, and comes back. */
async function bringBackTheSecond({ folder, store }: Awaited<ReturnType<typeof lakeOf>>) {
  const path = segmentPath(folder, 2);
  await rename(path, `${path}.away`);
  await store(1);
  await store(3);
  await copyFile(`${path}.away`, `${path}.superseded`);
  await rename(`${path}.away`, `${path}.superseded.2`);
}

const takeBack = async (lake: string) => {
  const { code, stdout } = await run(['spool', '--take-back', '--json', '--lake', lake]);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>[];
};
const countsOf = async (lake: string) =>
  (
    await query(
      lake,
      'SELECT (SELECT count(*) FROM liquidation)::INT AS orders, (SELECT count(*) FROM quarantine)::INT AS bad, (SELECT count(*) FROM coverage)::INT AS spans',
    )
  )[0];

it('a segment that came back brings what the tables lack of it, once, and the tables record no name for it', async () => {
  const { lake, folder, store } = await lakeWith([0, 'A'], [1, 'A', 'B', 'C'], [3600, 'D']);
  const path = segmentPath(folder, 2);
  await rename(path, `${path}.away`);
  await store(1);
  await store(3);
  await rename(`${path}.away`, path);
  await expect(store(2)).rejects.toMatchObject({ code: 'SPOOL_SUPERSEDED' });
  await setAside(folder, 2, 'superseded');
  expect(await takeBack(lake)).toEqual([
    { source: SOURCE, segment: '0000000002.segment.superseded', rows_added: 5, rows_known: 1 },
  ]);
  expect(await countsOf(lake)).toEqual({ orders: 4, bad: 3, spans: 6 });
  expect(await readdir(folder)).not.toContain('0000000002.segment.superseded');
  const { snapshot } = await openLakeTable(lake, LIQUIDATION_TABLE);
  expect([...snapshot.txns.keys()]).toEqual(['x']);
  expect(await takeBack(lake)).toEqual([]);
});

it('a segment that was stored already brings nothing, also one of which a copy is taken back twice', async () => {
  const { lake, folder, store } = await lakeWith([0, 'A', 'B'], [60, 'C']);
  const path = segmentPath(folder, 1);
  await copyFile(path, `${path}.superseded`);
  await copyFile(path, `${path}.superseded.2`);
  await store(1);
  await store(2);
  const before = await countsOf(lake);
  expect((await takeBack(lake)).map(({ rows_added, rows_known }) => [rows_added, rows_known])).toEqual([
    [0, 5],
    [0, 5],
  ]);
  expect(await countsOf(lake)).toEqual(before);
});

it('copies of a segment that are taken back at the same time bring its rows once, whoever comes first', async () => {
  const { lake, folder, store } = await lakeWith([0, 'A', 'B'], [60, 'C'], [120, 'D']);
  const path = segmentPath(folder, 2);
  await rename(path, `${path}.away`);
  await store(1);
  await store(3);
  const copies = [1, 2, 3].map((number) => `${path}.superseded.${number}`);
  for (const copy of copies) await copyFile(`${path}.away`, copy);
  const source = sourceOf(SOURCE);
  const takenBack = await Promise.all(
    copies.map((copy) => takeBackFile({ lake, source, path: copy, duplicateWindowMs: 10_000 })),
  );
  expect(takenBack.reduce((sum, { added }) => sum + (added.liquidation ?? 0), 0)).toBe(1);
  expect(await countsOf(lake)).toEqual({ orders: 4, bad: 3, spans: 6 });
});

it('two that take back at once end well: each segment is taken by one of them', async () => {
  const { lake, folder } = await lakeWith([0, 'A', 'B'], [60, 'C']);
  await setAside(folder, 1, 'superseded');
  await setAside(folder, 2, 'superseded');
  const taken = await Promise.all([takeBack(lake), takeBack(lake)]);
  expect(taken.flat()).toHaveLength(2);
  expect(await countsOf(lake)).toMatchObject({ orders: 3 });
});

it('spool shows what waits and what is set aside', async () => {
  const { lake, folder } = await lakeWith([0, 'A'], [1, 'B']);
  await setAside(folder, 1, 'superseded');
  const { stdout } = await run(['spool', '--json', '--lake', lake]);
  expect(JSON.parse(stdout)).toEqual([{ source: SOURCE, segments: 1, set_aside: 1 }]);
});

const MINUTE_US = 60 * SECOND_US;
const OPEN_US = Math.floor(T0_US / MINUTE_US) * MINUTE_US;

function barFrame(minute: number, close: string): SpoolRecord {
  const t = (OPEN_US + minute * MINUTE_US) / 1000;
  const [l, T] = ['1.0', t + 59_999];
  const k = { t, T, s: 'BTCUSDT', i: '1m', x: true, o: l, h: '9.0', l, c: close, v: l, q: l, V: l, Q: l };
  const data = { e: 'kline', E: T + 10, s: 'BTCUSDT', k: { ...k, n: 1, f: minute, L: minute } };
  const text = JSON.stringify({ stream: 'btcusdt@kline_1m', data });
  return frameAt((minute + 1) * MINUTE_US, text, 'spot/ws-1');
}

function barAnswer(minute: number, close: string, afterMinutes: number): SpoolRecord {
  const fromUs = OPEN_US + minute * MINUTE_US;
  const t = fromUs / 1000;
  const body = JSON.stringify([[t, '1.0', '9.0', '1.0', close, '1.0', t + 59_999, '1.0', 1, '1.0', '1.0']]);
  const history = { symbol: 'BTCUSDT', fromUs, toUs: fromUs + MINUTE_US };
  return responseAt(afterMinutes * MINUTE_US, body, { stream: 'klines', history });
}

it('bars come back as first words and corrections, and one that a later word has overtaken is quarantined', async () => {
  const made = await lakeOf('bars', [
    [barFrame(0, '2.0'), barFrame(1, '2.0')],
    // A correction of minute 0, minute 1 as it is known, and two minutes that nobody else tells first.
    [barAnswer(0, '3.0', 3), barAnswer(1, '2.0', 3), barFrame(2, '2.0'), barFrame(3, '2.0')],
    [barAnswer(1, '4.0', 5), barAnswer(2, '5.0', 5)],
  ]);
  await bringBackTheSecond(made);
  const { lake } = made;
  const [first, again] = await takeBack(lake);
  expect([first?.rows_added, again?.rows_added]).toEqual([expect.any(Number), 0]);
  const bars = `SELECT epoch(open_time)::INT // 60 - ${OPEN_US / MINUTE_US} AS minute, close`;
  expect(await query(lake, `${bars} FROM bars_1m ORDER BY 1`)).toEqual([
    { minute: 0, close: 2 },
    { minute: 1, close: 2 },
    { minute: 2, close: 5 },
    { minute: 3, close: 2 },
  ]);
  expect(await query(lake, `${bars}, revision::INT AS revision FROM bar_corrections ORDER BY 1`)).toEqual([
    { minute: 0, close: 3, revision: 1 },
    { minute: 1, close: 4, revision: 1 },
  ]);
  expect(await query(lake, 'SELECT reason, raw FROM quarantine')).toEqual([
    { reason: 'a later word on this bar is stored', raw: expect.stringContaining('"c":"2.0"') },
  ]);
});

it('trades come back by their ids', async () => {
  const trade = (a: number, second = a) =>
    frameAt(
      second * SECOND_US,
      JSON.stringify({
        stream: 'btcusdt@aggTrade',
        data: { e: 'aggTrade', s: 'BTCUSDT', a, p: '1.5', q: '2', f: a, l: a, T: T0_US / 1000, m: true },
      }),
      'spot/ws-1',
    );
  const made = await lakeOf('trades', [
    [trade(1)],
    [trade(1, 2), trade(2), trade(3)],
    [trade(3, 5), trade(4, 5)],
  ]);
  await bringBackTheSecond(made);
  const [first, again] = await takeBack(made.lake);
  expect([first?.rows_known, again?.rows_added]).toEqual([2, 0]);
  expect(await query(made.lake, 'SELECT trade_id::INT AS id FROM trades ORDER BY 1')).toEqual(
    [1, 2, 3, 4].map((id) => ({ id })),
  );
});
