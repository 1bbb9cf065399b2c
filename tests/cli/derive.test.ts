import { describe, expect, it } from 'vitest';
import { TableBatch } from '../../src/ingest/rows/table-batch.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { SYMBOLS_TABLE } from '../../src/lake/tables/symbols.ts';
import { MINUTE_US } from '../../src/lake/timeframe.ts';
import { correctBars, storeBars, tableRows, walk } from '../support/bars.ts';
import { run, temporaryFolder } from '../support/program.ts';

const BARS = [...walk(300), ...walk(300, { seed: 2, symbol: 'ETHUSDT' })];

async function lakeOfBars(): Promise<string> {
  const lake = await temporaryFolder();
  await storeBars(lake, BARS);
  return lake;
}

async function choose(lake: string, symbol: string, isFeatured: boolean): Promise<void> {
  const batch = new TableBatch(SYMBOLS_TABLE);
  const nothing = Object.fromEntries(Object.keys(SYMBOLS_TABLE.columns).map((name) => [name, null]));
  batch.add({}, {
    ...nothing,
    venue: 'binance',
    market: 'spot',
    symbol,
    is_watched: 1,
    is_featured: isFeatured ? 1 : 0,
    known_at: Date.now() * 1000,
  } as never);
  await appendBatch(await openLakeTable(lake, SYMBOLS_TABLE), batch, undefined);
}

const distinct = (lake: string, table: string, column: string) =>
  tableRows(lake, table, `SELECT DISTINCT ${column} AS v FROM t ORDER BY 1`).then((rows) =>
    rows.map(({ v }) => v),
  );

async function lines(args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await run([...args, '--format', 'ndjson']);
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('`derive`', () => {
  it('says with `--dry-run` what is due and writes nothing; afterwards nothing is', async () => {
    const lake = await lakeOfBars();
    const due = await lines(['derive', '--lake', lake, '--dry-run']);
    expect(due).toContainEqual({
      table: 'bars_rollup',
      timeframe: '1m',
      symbols: 2,
      since: expect.stringContaining('2026-08-01'),
    });
    expect(await distinct(lake, 'indicators', 'symbol')).toEqual([]);
    await run(['derive', '--lake', lake]);
    expect((await run(['derive', '--lake', lake, '--dry-run'])).stderr).toContain('nothing is due');
  }, 60_000);

  it('makes only the lengths of `--timeframe` and the symbols of `--symbols`, and refuses others', async () => {
    const lake = await lakeOfBars();
    await run(['derive', '--lake', lake, '--timeframe', '1m,5m', '--symbols', 'ETHUSDT']);
    expect(await distinct(lake, 'indicators', 'timeframe')).toEqual(['1m', '5m']);
    expect(await distinct(lake, 'features', 'timeframe')).toEqual(['1m', '5m']);
    expect(await distinct(lake, 'indicators', 'symbol')).toEqual(['ETHUSDT']);
    const refused = await run(['derive', '--lake', lake, '--timeframe', '7m']);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--timeframe')]);
  }, 60_000);

  it('makes indicators of watched symbols and features of featured ones, also of one chosen later', async () => {
    const lake = await lakeOfBars();
    await choose(lake, 'ETHUSDT', false);
    await choose(lake, 'SOLUSDT', true);
    await run(['derive', '--lake', lake]);
    expect(await distinct(lake, 'bars_rollup', 'symbol')).toEqual(['BTCUSDT', 'ETHUSDT']);
    expect(await distinct(lake, 'indicators', 'symbol')).toEqual(['ETHUSDT']);
    expect(await distinct(lake, 'features', 'symbol')).toEqual([]);
    await choose(lake, 'BTCUSDT', true);
    await run(['derive', '--lake', lake]);
    expect(await distinct(lake, 'indicators', 'symbol')).toEqual(['BTCUSDT', 'ETHUSDT']);
    expect(await distinct(lake, 'features', 'symbol')).toEqual(['BTCUSDT']);
  }, 60_000);

  it('proves what is stored, and ends with 3 and the list of what was made of another past', async () => {
    const lake = await lakeOfBars();
    await run(['derive', '--lake', lake]);
    const at = new Date((BARS[250]?.known_at ?? 0) / 1000 + 1).toISOString();
    const prove = ['derive', '--lake', lake, '--prove', '--at', at];
    const proven = await run(prove);
    expect([proven.code, proven.stderr]).toEqual([
      0,
      expect.stringContaining('what was known then makes of them'),
    ]);
    await correctBars(lake, [{ ...(BARS[104] as (typeof BARS)[0]), close: 1, revision: 1 }]);
    const refuted = await run([...prove, '--format', 'ndjson']);
    expect([refuted.code, refuted.stderr]).toEqual([3, expect.stringContaining('come out otherwise')]);
    const [first] = refuted.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toEqual({
      table: 'bars_rollup',
      timeframe: expect.any(String),
      symbol: 'BTCUSDT',
      open_time: expect.stringMatching(/^2026-08-01T01:/),
    });
  }, 60_000);

  it('has its findings in `read quality`, and `tables --check --quality` ends with 3 where there are errors', async () => {
    const [lake, sound] = [await temporaryFolder(), await temporaryFolder()];
    // The findings of the last day count.
    const fromUs = Math.floor((Date.now() * 1000) / MINUTE_US - 300) * MINUTE_US;
    const bars = walk(300, { fromUs }).map((bar) => ({ ...bar, trade_count: bar.trade_count + 1 }));
    await storeBars(sound, bars);
    await storeBars(
      lake,
      bars.map((bar, at) => (at === 100 ? { ...bar, low: bar.high + 1 } : bar)),
    );
    for (const place of [lake, sound]) await run(['derive', '--lake', place]);
    const found = await lines(['read', 'quality', '--since', '2d', '--lake', lake]);
    expect(found.map(({ check }) => check)).toContain('ohlc_order');
    const overview = (await lines(['read', '--lake', lake])).filter(({ analysis }) => analysis === 'tables');
    expect(overview.map(({ row }) => row)).toEqual(
      ['bars_1m', 'bars_rollup', 'indicators', 'features', 'quality'].map((table) =>
        expect.objectContaining({ table, rows: expect.any(Number), oldest: expect.any(String) }),
      ),
    );
    expect((await run(['tables', '--check', '--quality', '--lake', lake])).code).toBe(3);
    expect((await run(['tables', '--check', '--quality', '--lake', sound])).code).toBe(0);
  }, 60_000);

  it('has its analyses in `read --list`', async () => {
    const { stdout } = await run(['read', '--list']);
    for (const name of ['bars', 'latest-indicators', 'rsi-extremes', 'bar-holes', 'corrections', 'quality'])
      expect(stdout).toMatch(new RegExp(`\\b${name}\\b`));
  }, 60_000);
});
