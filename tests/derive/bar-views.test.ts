import { describe, expect, it } from 'vitest';
import { correctBars, storeBars, type TestBar, walk } from '../support/bars.ts';
import { derive } from '../support/deriving.ts';
import { query, temporaryFolder } from '../support/program.ts';

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
