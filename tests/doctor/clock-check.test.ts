import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import type { Check } from '../../src/doctor/check.ts';
import { runCheck } from '../../src/doctor/run-check.ts';
import { clockOffset } from '../../src/doctor/tables/clock-offset.ts';
import { openTables } from '../../src/doctor/tables/opened-tables.ts';
import { openTable } from '../../src/lake/open-table.ts';
import { fakeFile, makeTable } from '../support/delta.ts';
import { temporaryFolder } from '../support/program.ts';

const run = (check: Check) => runCheck(check, new AbortController().signal);

describe('the clock', () => {
  const coverage = async (lake: string, offsets: ReadonlyArray<readonly [string, number, number]>) => {
    const table = await makeTable(new LocalStore(join(lake, 'coverage')));
    for (const [at, least, most] of offsets) {
      const stats = JSON.stringify({
        numRecords: 1,
        minValues: { clock_offset_us: least, ended_at: at },
        maxValues: { clock_offset_us: most, ended_at: at },
      });
      await table.commit({ operation: 'WRITE', adds: [{ ...fakeFile(at), stats }], reads: 'nothing' });
    }
  };
  const clock = (lake: string, measure?: () => Promise<number | undefined>) =>
    clockOffset({ tables: () => openTables(lake), measure });

  it('is taken from the newest coverage that has an offset', async () => {
    const lake = await temporaryFolder();
    expect(await run(clock(lake))).toMatchObject({ status: 'skipped' });
    await coverage(lake, [
      ['2026-11-20T12:00:00.000Z', -80_000, 40_000],
      ['2026-11-20T11:00:00.000Z', -5_000_000, 0],
    ]);
    expect(await run(clock(lake))).toEqual({
      status: 'ok',
      text: '80 ms ahead of the exchange, as of 2026-11-20T12:00:00Z',
    });
  });

  it('fails when it is off by more than a second, stored or measured', async () => {
    const lake = await temporaryFolder();
    await coverage(lake, [['2026-11-20T12:00:00.000Z', 1_500_000, 1_500_000]]);
    expect(await run(clock(lake))).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('1500 ms behind the exchange'),
      fix: expect.stringContaining('timedatectl'),
    });
    expect(await run(clock(lake, async () => 3000))).toMatchObject({ status: 'ok' });
    expect(await run(clock(lake, async () => undefined))).toMatchObject({ status: 'fail' });
  });

  it('is taken from other files where the statistics of one are no JSON', async () => {
    const lake = await temporaryFolder();
    await coverage(lake, [['2026-11-20T12:00:00.000Z', 40_000, 40_000]]);
    const table = await openTable(join(lake, 'coverage'));
    await table.commit({
      operation: 'WRITE',
      adds: [{ ...fakeFile('damaged'), stats: '{"numRec' }],
      reads: 'nothing',
    });
    expect(await run(clock(lake))).toMatchObject({
      status: 'ok',
      text: expect.stringContaining('40 ms behind'),
    });
  });
});
