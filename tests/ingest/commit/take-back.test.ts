import { copyFile, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createSystemClock } from '../../../src/base/clock.ts';
import { SegmentCommitter } from '../../../src/ingest/commit/segment-committer.ts';
import { openLakeTable } from '../../../src/lake/open-lake-table.ts';
import { LIQUIDATION_TABLE } from '../../../src/lake/tables/liquidation.ts';
import { segmentPath } from '../../../src/spool/segments/segment-file.ts';
import { setAside } from '../../../src/spool/segments/set-aside.ts';
import { Spool } from '../../../src/spool/segments/spool.ts';
import { spoolFolder } from '../../../src/spool/state/spool-folder.ts';
import { query, run, temporaryFolder } from '../../support/program.ts';
import { frameAt, orderText, SECOND_US, tickAt } from '../../support/segment.ts';

const SOURCE = 'liquidations';

/** A lake whose spool has a segment an entry, with an order of each of these symbols, received at that second. */
async function lakeWith(...segments: readonly (readonly [second: number, ...symbols: readonly string[]])[]) {
  const lake = await temporaryFolder();
  const folder = spoolFolder(join(lake, '_spool'), SOURCE);
  for (const [i, [second, ...symbols]] of segments.entries()) {
    const spool = await Spool.open({ folder, floorSegment: i, onStateChange: () => undefined });
    for (const s of symbols)
      await spool.append(frameAt(second * SECOND_US, orderText({ s, ap: s === 'B' ? undefined : '1.5' })));
    await spool.append(frameAt(second * SECOND_US, `{"bad ${symbols.join()}`));
    await spool.append(tickAt(second * SECOND_US + 1));
    await spool.close();
  }
  const store = new SegmentCommitter(createSystemClock());
  const target = { lake, spool: join(lake, '_spool'), source: SOURCE, appId: 'x', duplicateWindowMs: 10_000 };
  return { lake, folder, store: (segment: number) => store.store(target, segment) };
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
  const { snapshot } = await openLakeTable(lake, LIQUIDATION_TABLE, 'light');
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

it('spool shows what waits and what is set aside', async () => {
  const { lake, folder } = await lakeWith([0, 'A'], [1, 'B']);
  await setAside(folder, 1, 'superseded');
  const { stdout } = await run(['spool', '--json', '--lake', lake]);
  expect(JSON.parse(stdout)).toEqual([{ source: SOURCE, segments: 1, set_aside: 1 }]);
});
