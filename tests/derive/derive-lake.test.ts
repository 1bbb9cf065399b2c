import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCommit } from '../../src/delta/log/load-snapshot.ts';
import { commitName } from '../../src/delta/log/log-path.ts';
import { prove } from '../../src/derive/prove.ts';
import { TableBatch } from '../../src/ingest/rows/table-batch.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { openTable } from '../../src/lake/open-table.ts';
import { INDICATORS_TABLE } from '../../src/lake/tables/indicators.ts';
import { DAY_US, MINUTE_US } from '../../src/lake/timeframe.ts';
import { contents, correctBars, storeBars, T0_US, tableRows, walk } from '../support/bars.ts';
import { compactAll, DERIVE_OPTIONS, DERIVED_TABLES, derive, everything } from '../support/deriving.ts';
import { temporaryFolder } from '../support/program.ts';

/** A day of a symbol, with a hole, and some hours of another. */
const BARS = [
  ...walk(1440, { seed: 1, symbol: 'BTCUSDT' }).filter((_, minute) => minute < 700 || minute >= 707),
  ...walk(400, { seed: 2, symbol: 'ETHUSDT' }),
];

/** Files are replaced as data, and the commit names the versions that its rows are made of. */
async function expectOneCommitOfData(lake: string, version: number): Promise<void> {
  for (const table of DERIVED_TABLES) {
    const { store } = await openTable(join(lake, table));
    const actions = await readCommit(store, commitName(version));
    const isData = actions.flatMap((action): boolean[] => {
      if ('add' in action) return [action.add.dataChange];
      return 'remove' in action ? [action.remove.dataChange] : [];
    });
    expect(isData.length).toBeGreaterThan(1);
    expect(isData).not.toContain(false);
    const [info] = actions.flatMap((action) => ('commitInfo' in action ? [action.commitInfo] : []));
    const { inputs } = (info as { operationParameters: { inputs: string } }).operationParameters;
    expect(JSON.parse(inputs)).toMatchObject({ bars_1m: 1, bar_corrections: 1 });
  }
}

describe('derive', () => {
  it('makes bars, indicators and features of all lengths, and nothing when nothing is new', async () => {
    const lake = await temporaryFolder();
    await storeBars(lake, BARS);
    const made = await derive(lake);
    expect(made.map(({ table, version }) => [table, version])).toEqual(
      DERIVED_TABLES.map((table) => [table, 1]),
    );
    const counts = await tableRows(
      lake,
      'indicators',
      'SELECT timeframe, count(*)::INT AS n FROM t GROUP BY 1 ORDER BY min(close_time - open_time)',
    );
    expect(counts).toEqual([
      { timeframe: '1m', n: BARS.length },
      { timeframe: '5m', n: 287 + 80 },
      { timeframe: '15m', n: 96 + 27 },
      { timeframe: '1h', n: 24 + 7 },
      { timeframe: '4h', n: 6 + 2 },
      { timeframe: '1d', n: 2 },
    ]);
    expect((await derive(lake)).map(({ version }) => version)).toEqual([null, null, null]);
    expect((await derive(lake, { sinceUs: 0 })).map(({ version }) => version)).toEqual([null, null, null]);
  });

  it('comes to the same rows whatever the order of arrival, with or without compaction in between', async () => {
    const [whole, pieces] = [await temporaryFolder(), await temporaryFolder()];
    await storeBars(whole, BARS);
    await derive(whole);
    const parts = [BARS.slice(0, 600), BARS.slice(900), BARS.slice(600, 900)];
    for (const [index, part] of parts.entries()) {
      await storeBars(pieces, part);
      await derive(pieces);
      if (index !== 1) continue;
      await compactAll(pieces, ['bars_1m', 'bars_rollup', 'indicators']);
    }
    expect(await everything(pieces)).toEqual(await everything(whole));
  }, 60_000);

  it('appends what one minute brings, without touching what is stored', async () => {
    const [lake, whole] = [await temporaryFolder(), await temporaryFolder()];
    const until = (minute: number) => ({ nowMs: (T0_US + minute * MINUTE_US) / 1000 });
    await storeBars(whole, BARS.slice(0, 135));
    await derive(whole, until(135));
    await storeBars(lake, BARS.slice(0, 133));
    await derive(lake, until(133));
    for (const minute of [133, 134]) {
      await storeBars(lake, BARS.slice(minute, minute + 1));
      await derive(lake, until(minute + 1));
    }
    expect(await everything(lake)).toEqual(await everything(whole));
    const { snapshot } = await openTable(join(lake, 'indicators'));
    expect(snapshot.tombstones.size).toBe(0);
  }, 60_000);

  it('never changes an earlier row when a later bar changes', async () => {
    const [lake, other] = [await temporaryFolder(), await temporaryFolder()];
    const changed = 1000;
    await storeBars(lake, BARS.slice(0, 1400));
    await storeBars(
      other,
      BARS.slice(0, 1400).map((bar, index) =>
        index < changed ? bar : { ...bar, close: bar.high, volume: 1 },
      ),
    );
    await derive(lake);
    await derive(other);
    const since = (BARS[changed]?.open_time ?? 0) + MINUTE_US;
    const earlier = (rows: Record<string, unknown>[]) =>
      rows.filter((row) => Date.parse(`${String(row.close_time)}`) * 1000 < since);
    const [mine, theirs] = [await everything(lake), await everything(other)];
    for (const [index, rows] of mine.entries()) {
      expect(earlier(rows).length).toBeGreaterThan(0);
      expect(earlier(theirs[index] ?? [])).toEqual(earlier(rows));
    }
  }, 60_000);

  it('takes corrections in where they belong, as if the bar had been so from the beginning', async () => {
    const [lake, right] = [await temporaryFolder(), await temporaryFolder()];
    const at = 300;
    const bar = BARS[at];
    if (bar === undefined) throw new Error('no bar');
    const corrected = { ...bar, close: bar.high, volume: bar.volume + 1, known_at: bar.known_at + 600e6 };
    await storeBars(lake, BARS);
    await derive(lake);
    await correctBars(lake, [
      { ...corrected, close: bar.low, revision: 1 },
      { ...corrected, revision: 2 },
    ]);
    const versions = (await derive(lake)).map(({ version }) => version);
    expect(versions).toEqual([2, 2, 2]);
    await expectOneCommitOfData(lake, 2);
    await storeBars(right, [...BARS.slice(0, at), corrected, ...BARS.slice(at + 1)]);
    await derive(right);
    expect(await everything(lake)).toEqual(await everything(right));
  }, 60_000);

  it('writes `partial` bars when a day has passed since their end, without any new bar', async () => {
    const lake = await temporaryFolder();
    await storeBars(lake, BARS.slice(0, 713));
    await derive(lake, { nowMs: (T0_US + 720 * MINUTE_US) / 1000 });
    const partial = () =>
      tableRows(
        lake,
        'bars_rollup',
        `SELECT timeframe, minutes::INT AS minutes FROM t WHERE completeness = 'partial' ORDER BY 2`,
      );
    expect(await partial()).toEqual([]);
    await derive(lake, { nowMs: (T0_US + 2 * DAY_US) / 1000 });
    expect(await partial()).toEqual([
      { timeframe: '5m', minutes: 3 },
      { timeframe: '15m', minutes: 10 },
      { timeframe: '15m', minutes: 13 },
      { timeframe: '1h', minutes: 53 },
      { timeframe: '4h', minutes: 233 },
      { timeframe: '1d', minutes: 713 },
    ]);
  });

  it.each(['derive:written', 'derive:committed'])(
    'that is killed at %s of any table comes to the same rows when it runs again',
    async (step) => {
      const [lake, whole] = [await temporaryFolder(), await temporaryFolder()];
      await storeBars(whole, BARS.slice(0, 300));
      await storeBars(lake, BARS.slice(0, 300));
      await derive(whole);
      for (let table = 0; table < DERIVED_TABLES.length; table++) {
        const kill = (name: string) => {
          if (name === step) throw new Error('killed');
        };
        await derive(lake, { step: kill }).catch((error: unknown) =>
          expect(error).toEqual(new Error('killed')),
        );
      }
      await derive(lake);
      expect(await everything(lake)).toEqual(await everything(whole));
    },
    60_000,
  );

  it('proves that nothing stored has looked ahead, and finds what has', async () => {
    const lake = await temporaryFolder();
    await storeBars(lake, BARS.slice(0, 400));
    await derive(lake);
    const late = BARS.slice(400, 401).map((bar) => ({ ...bar, known_at: bar.known_at + 3600e6 }));
    await storeBars(lake, [...late, ...BARS.slice(401, 500)]);
    await derive(lake);
    const options = { lake, ...DERIVE_OPTIONS };
    const atUs = (BARS[450]?.known_at ?? 0) + 1;
    const proof = await prove(options, atUs);
    expect(proof.differences).toEqual([]);
    expect(proof.rows).toBeGreaterThan(400);
    // Bars of another past: what is stored was not made of them.
    await correctBars(lake, [{ ...(BARS[100] as (typeof BARS)[0]), close: 1, revision: 1 }]);
    expect((await prove(options, atUs)).differences.length).toBeGreaterThan(0);
  }, 60_000);

  it('takes rows of the period before, which older versions wrote, out of a period that is made anew', async () => {
    const [lake, right] = [await temporaryFolder(), await temporaryFolder()];
    const bars = walk(1500, { seed: 5 });
    for (const place of [lake, right]) await storeBars(place, bars);
    await derive(right);
    await derive(lake);
    const strays = new TableBatch(INDICATORS_TABLE);
    for (const { open_time, known_at } of bars.slice(1430, 1440))
      strays.add({ timeframe: '1m', period: '2026-08-02' }, {
        ...Object.fromEntries(Object.keys(INDICATORS_TABLE.columns).map((name) => [name, null])),
        ...{ venue: 'binance', market: 'spot', symbol: 'BTCUSDT', open_time, known_at },
        close_time: open_time + MINUTE_US,
      } as never);
    await appendBatch(await openLakeTable(lake, INDICATORS_TABLE), strays, undefined);
    expect(await contents(lake, 'indicators')).not.toEqual(await contents(right, 'indicators'));
    await derive(lake, { sinceUs: 0 });
    expect(await everything(lake)).toEqual(await everything(right));
  }, 60_000);

  it('derives only what is asked for, and leaves the rest due', async () => {
    const lake = await temporaryFolder();
    await storeBars(lake, BARS);
    await derive(lake, { isWanted: ({ symbol }) => symbol === 'ETHUSDT' });
    const symbols = () => tableRows(lake, 'indicators', 'SELECT DISTINCT symbol FROM t ORDER BY 1');
    expect(await symbols()).toEqual([{ symbol: 'ETHUSDT' }]);
    await derive(lake);
    expect(await symbols()).toEqual([{ symbol: 'BTCUSDT' }, { symbol: 'ETHUSDT' }]);
  });
});
