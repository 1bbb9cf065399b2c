import { describe, expect, it } from 'vitest';
import { correctBars, storeBars, type TestBar, walk } from '../support/bars.ts';
import { derive } from '../support/deriving.ts';
import { query, run, temporaryFolder } from '../support/program.ts';

async function lakeWith(store: (lake: string) => Promise<void>): Promise<string> {
  const lake = await temporaryFolder();
  await store(lake);
  await derive(lake);
  return lake;
}

const rowsOf = (lake: string, view: string) =>
  query(
    lake,
    `SELECT * EXCLUDE (connection) FROM ${view} WHERE timeframe IN ('1m', '5m', '1h') ORDER BY timeframe, open_time`,
  );

describe('bars_as_known', () => {
  it('has bars of all lengths as they were before any correction, `bars` as they are now', async () => {
    const bars = walk(120, { seed: 4 });
    const corrected = [17, 60].map((at) => {
      const bar = bars[at] as TestBar;
      return { ...bar, close: bar.high, volume: bar.volume + 0.1, known_at: bar.known_at + 6e8, revision: 1 };
    });
    const lake = await lakeWith(async (place) => {
      await storeBars(place, bars);
      await correctBars(place, corrected);
    });
    const first = await lakeWith((place) => storeBars(place, bars));
    const later = await lakeWith((place) =>
      storeBars(
        place,
        bars.map((bar) => corrected.find(({ open_time }) => open_time === bar.open_time) ?? bar),
      ),
    );
    expect(await rowsOf(lake, 'bars_as_known')).toEqual(await rowsOf(first, 'bars'));
    expect(await rowsOf(lake, 'bars')).toEqual(await rowsOf(later, 'bars'));
  }, 60_000);
});

/** A walk may have nothing extreme. */
const SAYS: Record<string, string> = { bars: '"bars":', 'rsi-extremes': '' };

describe('views and analyses of what was derived', () => {
  it('tell of holes, of each value by its name, and of corrections', async () => {
    const bars = walk(400, { seed: 4 }).filter((_, minute) => minute < 100 || minute >= 107);
    const bar = bars[50] as TestBar;
    const lake = await lakeWith(async (place) => {
      await storeBars(place, bars);
      await correctBars(place, [{ ...bar, close: bar.high, revision: 1 }]);
    });
    expect(await query(lake, 'SELECT symbol, minutes FROM bar_holes')).toEqual([
      { symbol: 'BTCUSDT', minutes: 7 },
    ]);
    for (const [table, name] of [
      ['indicators', 'rsi_14'],
      ['features', 'ret_1'],
    ]) {
      const [counts] = await query(
        lake,
        `SELECT (SELECT count(${name}) FROM ${table}) AS stored, count(*) AS long, count(*) FILTER (l.value = t.${name}) AS equal
         FROM ${table}_long AS l JOIN ${table} AS t USING (venue, market, symbol, timeframe, open_time) WHERE l.name = '${name}'`,
      );
      expect(counts?.stored).toBeGreaterThan(0);
      expect(counts).toEqual({ stored: counts?.stored, long: counts?.stored, equal: counts?.stored });
    }
    for (const name of ['bars', 'latest-indicators', 'rsi-extremes', 'bar-holes', 'corrections']) {
      const { code, stdout } = await run([
        'read',
        name,
        '--since',
        '2026-08-01',
        '--lake',
        lake,
        '--format',
        'ndjson',
      ]);
      expect([name, code, stdout]).toEqual([name, 0, expect.stringContaining(SAYS[name] ?? 'BTCUSDT')]);
    }
  }, 60_000);
});
