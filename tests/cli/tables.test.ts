import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import type { DeltaTable } from '../../src/delta/delta-table.ts';
import { commitName } from '../../src/delta/log/log-path.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { LIQUIDATION_TABLE } from '../../src/lake/tables/liquidation.ts';
import { acquireLock } from '../../src/spool/state/lock.ts';
import { run, temporaryFolder } from '../support/program.ts';
import { batchesOf, frameAt, orderText } from '../support/segment.ts';

/** A lake whose `liquidation` got one order a commit, a day after the other. */
async function lakeOf(orders: readonly object[]): Promise<{ lake: string; table: DeltaTable }> {
  const lake = await temporaryFolder();
  const table = await openLakeTable(lake, LIQUIDATION_TABLE);
  for (const [index, order] of orders.entries()) {
    const { liquidation } = batchesOf([frameAt(index, orderText(order))]);
    await appendBatch(table, liquidation, { appId: 'a', version: index + 1 });
  }
  return { lake, table };
}

const rows = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const DAY_MS = 86_400_000;

describe('a table by name', () => {
  it('shows its columns as data, and layout, properties and file sizes beside them', async () => {
    const { lake } = await lakeOf([{}, { s: 'BTCUSDT' }]);
    const { code, stdout } = await run(['tables', 'liquidation', '--lake', lake]);
    expect(code).toBe(0);
    const facts = rows(stdout);
    const columns = facts.filter(({ section }) => section === 'column');
    expect(columns.map(({ name }) => name)).toEqual(Object.keys(LIQUIDATION_TABLE.columns));
    const symbol = { name: 'symbol', value: 'string', nullable: true, partition: false, clustered: true };
    expect(columns.find(({ name }) => name === 'symbol')).toEqual({ section: 'column', ...symbol });
    expect(columns.at(-1)).toMatchObject({ name: 'date', value: 'date', partition: true });
    const values = Object.fromEntries(
      facts.map(({ section, name, value }) => [`${section}: ${name}`, value]),
    );
    expect(values).toMatchObject({
      'table: version': '2',
      'table: partitioned by': 'date',
      'table: clustered by': 'symbol, trade_time',
      'files: clustered already': '0 % of the bytes',
      'files: files': '2',
      'files: rows': '2',
      'protocol: reader version': '1',
      'protocol: writer version': '2',
      'property: delta.logRetentionDuration': 'interval 7 days',
    });
    const [smallest, median, largest] = ['smallest', 'median', 'largest'].map((which) =>
      Number(values[`files: ${which} file`]),
    );
    expect((smallest ?? 0) + (largest ?? 0)).toBe(Number(values['files: bytes']));
    expect(median).toBe(largest);
    const shown = await run(['tables', 'liquidation', '--lake', lake, '--format', 'table']);
    expect(shown.stdout).toMatch(
      /^Forced orders[\s\S]*?\n\ncolumn +type +notes\s[\s\S]*\ndate +date +partition\n\nfact +value\n/,
    );
    expect(shown.stdout).toMatch(/\nlargest file +\d+ kB\n/);
  });

  it('is verified by name or path: damage ends with 6 and a plain list, and nothing is said of a sound one', async () => {
    const { lake, table } = await lakeOf([{}, { s: 'BTCUSDT' }]);
    const sound = await run(['tables', '--verify', 'liquidation', '--lake', lake]);
    expect(sound).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/is sound: version 2, 2 files/),
    });
    const [file = ''] = table.snapshot.files.keys();
    await rm(table.store.enginePath(file));
    await rm(join(table.store.location, commitName(0)));
    await writeFile(join(table.store.location, 'orphan.parquet'), 'x');
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    for (const name of ['liquidation', table.store.location]) {
      const words = ['tables', '--verify', name, '--lake', lake, '--format', 'ndjson'];
      const damaged = await run(words);
      expect(damaged.code).toBe(6);
      expect(rows(damaged.stdout)).toEqual([
        { severity: 'damage', file, message: 'the file is missing' },
        { severity: 'note', file: 'orphan.parquet', message: 'no version names it; vacuum will take it' },
      ]);
      expect(damaged.stderr).toMatch(/^error: .* is damaged: 1 finding \[VERIFY_FAILED\]$/m);
    }
  });

  it('goes back to an older version, which then can be read as of any time', async () => {
    const { lake, table } = await lakeOf([{}, { s: 'BTCUSDT' }, { s: 'ETHUSDT' }]);
    const at = (version: number) => Date.parse('2026-11-01T00:00:00Z') + version * DAY_MS;
    for (let version = 0; version <= 3; version++)
      await utimes(join(table.store.location, commitName(version)), at(version) / 1000, at(version) / 1000);
    const words = ['tables', '--restore', 'liquidation', '--to', '1', '--lake', lake, '--format', 'ndjson'];
    const restored = await run(words);
    expect(restored.code).toBe(0);
    const changed = { restored: 1, version: 4, files_added: 0, files_removed: 2 };
    expect(rows(restored.stdout)).toEqual([{ table: 'liquidation', ...changed }]);
    expect(restored.stderr).toMatch(/version 1: 0 files back, 2 files away, committed as version 4/);
    const history = await run(['tables', '--history', 'liquidation', '--lake', lake]);
    expect(rows(history.stdout).map(({ version, operation }) => [version, operation])).toEqual([
      [4, 'RESTORE'],
      [3, 'WRITE'],
      [2, 'WRITE'],
      [1, 'WRITE'],
      [0, 'CREATE TABLE'],
    ]);
    const count = async (...asOf: string[]) => {
      const sql = 'SELECT count(*)::INT AS n FROM liquidation';
      const read = await run(['read', '--lake', lake, '--sql', sql, '--format', 'ndjson', ...asOf]);
      return rows(read.stdout)[0]?.n;
    };
    expect(await count()).toBe(1);
    expect(await count('--as-of', '3')).toBe(3);
    expect(await count('--as-of', '2026-11-03T12:00Z')).toBe(2);
    // As vacuum would: versions 2 and 3 named files that no newer one does.
    const live = new Set(
      [...(await table.refresh()).files.values()].map(({ path }) => path.split('/').at(-1) ?? ''),
    );
    const folder = join(table.store.location, 'date=2026-10-08');
    for (const name of await readdir(folder)) if (!live.has(name)) await rm(join(folder, name));
    const gone = await run([
      ...['read', '--lake', lake, '--as-of', '3'],
      ...['--sql', 'SELECT count(DISTINCT symbol) FROM liquidation'],
    ]);
    expect(gone.code).toBe(2);
    expect(gone.stderr).toMatch(
      /files of this version of a table are gone: vacuum removed them \[VERSION_NOT_FOUND\]/,
    );
    expect(gone.stderr).not.toContain('backup');
    expect(await count()).toBe(1);
  });
});

describe('vacuum', () => {
  it('with --dry-run names how much would go and touches nothing; without, it is gone', async () => {
    const { lake, table } = await lakeOf([{}]);
    const orphan = join(table.store.location, 'date=2026-10-08', 'old-orphan.parquet');
    await writeFile(orphan, 'x'.repeat(5000));
    const old = new Date(Date.now() - 30 * DAY_MS);
    await utimes(orphan, old, old);
    const files = () => table.store.listNames('date=2026-10-08');
    const dry = await run(['compact', '--vacuum', '--dry-run', '--lake', lake]);
    expect([dry.code, dry.stderr]).toEqual([0, 'liquidation: 1 unneeded files, 5 kB, would be removed\n']);
    expect(await files()).toHaveLength(2);
    expect((await table.refresh()).version).toBe(1);
    const wet = await run(['compact', '--vacuum', '--lake', lake]);
    expect(wet.stderr).toBe('liquidation: 1 unneeded files, 5 kB, removed\n');
    expect(await files()).toHaveLength(1);
    expect((await table.refresh()).version).toBe(3);
    const again = await run(['compact', '--vacuum', '--lake', lake]);
    expect(again.stderr).toBe('liquidation: nothing to remove\n');
  });
});

describe('the check of freshness', () => {
  const status = (state: string, at = Date.now()) =>
    JSON.stringify({ at: new Date(at).toISOString(), state });
  const check = (lake: string) => run(['tables', '--check', '--max-lag', '1m', '--lake', lake]);

  it("takes no file of the spool for a source: upkeep's lock beside a healthy collector is none", async () => {
    const lake = await temporaryFolder();
    await mkdir(join(lake, '_spool', 'prices'), { recursive: true });
    await writeFile(join(lake, '_spool', 'prices', 'status.json'), status('polling'));
    const lock = await acquireLock(join(lake, '_spool'), { purpose: 'upkeep', waitMs: 0 });
    onTestFinished(() => lock.release());
    const { code, stdout } = await check(lake);
    expect(rows(stdout)).toEqual([
      expect.objectContaining({ source: 'prices', state: 'polling', fresh: true }),
    ]);
    expect(code).toBe(0);
  });

  it('fails for a source without a heartbeat, with an old one, or when nobody ever collected', async () => {
    const lake = await temporaryFolder();
    expect(await check(lake)).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/no collector has run/),
    });
    for (const source of ['liquidations', 'prices'])
      await mkdir(join(lake, '_spool', source), { recursive: true });
    await writeFile(join(lake, '_spool', 'prices', 'status.json'), status('polling', Date.now() - 90_000));
    const { code, stderr } = await check(lake);
    expect(code).toBe(3);
    expect(stderr).toMatch(/stale: liquidations \(no heartbeat\), prices \(polling\) \[CHECK_FAILED\]/);
  });
});
