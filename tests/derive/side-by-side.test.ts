import { describe, expect, it } from 'vitest';
import { correctBars, storeBars, type TestBar, tableRows, walk } from '../support/bars.ts';
import { DERIVED_TABLES, derive, everything } from '../support/deriving.ts';
import { run, temporaryFolder } from '../support/program.ts';

const BARS = [...walk(500), ...walk(300, { seed: 2, symbol: 'ETHUSDT' })];
/** New bars, late ones and a correction each time, so that partitions are rewritten while they are merged. */
const PIECES = [
  BARS.slice(0, 200),
  BARS.slice(260, 400),
  BARS.slice(500),
  BARS.slice(200, 260),
  BARS.slice(400, 500),
];
const CORRECTED = [150, 300, 620, 40, 450].map((at) => {
  const bar = BARS[at] as TestBar;
  return { ...bar, close: bar.high, known_at: bar.known_at + 600e6, revision: 1 };
});

describe('`derive` at the same moment as', () => {
  it.each([['compact'], ['derive']])(
    '`%s` in another process: both end well, and the rows are those of a lake of its own',
    async (other) => {
      const [lake, own] = [await temporaryFolder(), await temporaryFolder()];
      for (const [index, piece] of PIECES.entries()) {
        for (const part of [piece.slice(0, 30), piece.slice(30)]) await storeBars(lake, part);
        await correctBars(lake, CORRECTED.slice(index, index + 1));
        const ended = await Promise.all([
          run(['derive', '--lake', lake]),
          run([other, ...(other === 'compact' ? ['--all'] : []), '--lake', lake]),
        ]);
        for (const { code, stderr } of ended)
          expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')]);
      }
      await storeBars(own, BARS);
      await correctBars(own, CORRECTED);
      await derive(own, { nowMs: Date.now() });
      expect(await everything(lake)).toEqual(await everything(own));
      for (const table of DERIVED_TABLES) {
        const sql =
          'SELECT count(*)::INT AS n, count(DISTINCT (timeframe, symbol, open_time))::INT AS keys FROM t';
        const [{ n, keys }] = (await tableRows(lake, table, sql)) as [{ n: number; keys: number }];
        expect([table, n]).toEqual([table, keys]);
      }
    },
    240_000,
  );
});
