import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DAY_US } from '../../src/lake/timeframe.ts';
import { storeBars, storeLiquidation, storeListening, T0_US, tableRows, walk } from '../support/bars.ts';
import { DERIVED_TABLES, derive, everything, LATER_MS } from '../support/deriving.ts';
import { eventually, run, start, temporaryFolder } from '../support/program.ts';

const PROCESS = resolve('tests/support/derive-process.js');
/** No such thing: no second thread. */
const ALONE = 1e9;
const STEPS = DERIVED_TABLES.flatMap(() => ['derive:written', 'derive:committed']);

/** Two days, with a hole; trades are missing now and then, so that something is found. */
const BARS = [
  ...walk(2000, { seed: 1 }).filter((_, minute) => minute < 700 || minute >= 707),
  ...walk(400, { seed: 2, symbol: 'ETHUSDT' }),
];

function deriveInProcess(lake: string, sharedBars: number, killAt?: number) {
  const args = [PROCESS, lake, String(LATER_MS), String(sharedBars), ...(killAt ? [String(killAt)] : [])];
  return new Promise<{ signal: string; printed: string }>((done) => {
    execFile(process.execPath, args, (error, printed, stderr) => {
      if (stderr !== '') throw new Error(stderr);
      done({ signal: error?.signal ?? 'none', printed });
    });
  });
}

const findings = (lake: string) =>
  tableRows(lake, 'quality', 'SELECT * EXCLUDE (found_at) FROM t ORDER BY "check", key');

async function lakeOfBars(): Promise<string> {
  const lake = await temporaryFolder();
  await storeAll(lake);
  return lake;
}

/** The bars, and a liquidation that features look at, in a time when somebody listened. */
async function storeAll(lake: string): Promise<void> {
  await storeBars(lake, BARS);
  await storeListening(lake, [{ source: 'liquidation', fromUs: T0_US, untilUs: T0_US + DAY_US }]);
  await storeLiquidation(lake, T0_US + 100 * 60e6);
}

describe('`derive`', () => {
  let expected: unknown;
  let found: unknown;
  beforeAll(async () => {
    const { mkdtemp } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const lake = await mkdtemp(join(tmpdir(), 'crypto-lake-'));
    await storeAll(lake);
    await deriveInProcess(lake, ALONE);
    expected = await everything(lake);
    const hits = 'SELECT count(*) AS n FROM t WHERE liq_long_at_least > 0';
    expect((await tableRows(lake, 'features', hits))[0]?.n).not.toBe('0');
    found = await findings(lake);
  }, 60_000);

  it('comes to the same rows with a second thread', async () => {
    const lake = await lakeOfBars();
    const { printed } = await deriveInProcess(lake, 0);
    expect(JSON.parse(printed)).toEqual([...STEPS, 'derive:written', 'derive:committed']);
    expect(await everything(lake)).toEqual(expected);
    expect(await findings(lake)).toEqual(found);
    expect(found).not.toEqual([]);
  }, 60_000);

  it.each([
    ['alone', ALONE],
    ['with a second thread', 0],
  ])(
    'that is killed at any step (%s) comes to the same rows when it runs again',
    async (_, sharedBars) => {
      const lake = await lakeOfBars();
      let kills = 0;
      // What was committed before is not due again, so each run is killed a little later.
      for (;;) {
        const killed = await deriveInProcess(lake, sharedBars, 1);
        if (killed.signal === 'none') break;
        expect(killed.signal).toBe('SIGKILL');
        kills++;
        const after = await deriveInProcess(lake, sharedBars, 2);
        if (after.signal === 'SIGKILL') kills++;
      }
      expect(kills).toBeGreaterThanOrEqual(DERIVED_TABLES.length + 1);
      expect(await everything(lake)).toEqual(expected);
      expect(await findings(lake)).toEqual(found);
    },
    180_000,
  );

  it('the command, killed whenever a file of its tables appears, comes to the same rows in the end', async () => {
    const [lake, whole] = [await lakeOfBars(), await lakeOfBars()];
    await derive(whole, { nowMs: Date.now() });
    let kills = 0;
    for (const table of [...DERIVED_TABLES, 'quality']) {
      for (const sign of ['.parquet', `${'1'.padStart(20, '0')}.json`]) {
        const child = start(['derive', '--lake', lake]);
        let isOver = false;
        void child.finished.then(() => {
          isOver = true;
        });
        await eventually(
          `${sign} in ${table}`,
          async () =>
            isOver ||
            (await readdir(join(lake, table), { recursive: true }).catch(() => [])).some((name) =>
              name.endsWith(sign),
            ),
          60_000,
        );
        child.kill('SIGKILL');
        if ((await child.finished).signal === 'SIGKILL') kills++;
      }
    }
    expect(kills).toBeGreaterThanOrEqual(4);
    const { code, stderr } = await run(['derive', '--lake', lake]);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')]);
    expect(await everything(lake)).toEqual(await everything(whole));
  }, 240_000);
});
