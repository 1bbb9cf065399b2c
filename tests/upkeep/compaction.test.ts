import { fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { quotedString } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { vacuumTable } from '../../src/delta/maintenance/vacuum.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { verifyTable } from '../../src/query/verify/verify-table.ts';
import { compactTable } from '../../src/upkeep/compaction/compact-table.ts';
import {
  NOW_MS,
  OPTIONS,
  type Row,
  rowArbitrary,
  rowsOf,
  sql,
  tableOf,
} from '../support/compaction-tables.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';

describe('compaction', () => {
  it('of any rows in any files keeps exactly those rows, with bounds that hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(rowArbitrary, { minLength: 1, maxLength: 15 }), { minLength: 2, maxLength: 4 }),
        async (files) => {
          const folder = await temporaryFolder();
          const table = await tableOf(folder, files, '2026-11-01');
          const before = await rowsOf(table);
          const { done, failed } = await compactTable(table, OPTIONS);
          expect(failed).toEqual([]);
          expect(done).toMatchObject([{ mode: 'sort', filesBefore: files.length, filesAfter: 1 }]);
          expect(await rowsOf(table)).toEqual(before);
          expect(
            (await verifyTable(table, OPTIONS.signal)).filter(({ severity }) => severity === 'damage'),
          ).toEqual([]);
        },
      ),
      { numRuns: 15 },
    );
  }, 60_000);

  const row = (symbol: string, at: bigint): Row => ({ symbol, at, x: 1, n: 1n });

  it('along a Z-order curve keeps rows together that are near in each of its columns', async () => {
    const side = 48;
    const cells = Array.from({ length: side * side }, (_, i) => i);
    const rows = cells.map(
      (i): Row => ({
        symbol: i % 97 === 0 ? null : `S${String(1000 + ((i * 7) % side)).repeat(3)}`,
        at: 1n,
        x: 1,
        n: BigInt((Math.floor(i / side) * 31) % side),
      }),
    );
    const folder = await temporaryFolder();
    const table = await tableOf(folder, [rows.slice(0, 1000), rows.slice(1000)], '2026-11-01');
    const before = await rowsOf(table);
    const zorder = { ...OPTIONS, clusterBy: ['symbol', 'n'], curve: 'zorder' } as const;
    expect((await compactTable(table, zorder)).failed).toEqual([]);
    expect(await rowsOf(table)).toEqual(before);
    const [path] = [...table.snapshot.files.keys()].map((name) => quotedString(table.store.enginePath(name)));
    // A sixteenth of the rows spans about a quarter of the values of each column; sorted by one column it would be all.
    const spans = await sql(`SELECT count(DISTINCT symbol), count(DISTINCT n)
      FROM read_parquet(${path}, file_row_number = true) WHERE symbol IS NOT NULL GROUP BY file_row_number // ${rows.length / 16}`);
    const mean = (column: number) =>
      spans.reduce((sum, span) => sum + Number(span[column]), 0) / spans.length / side;
    expect([mean(0), mean(1)].map((share) => share < 0.45)).toEqual([true, true]);
    expect(await compactTable(table, zorder)).toMatchObject({
      done: [],
      skipped: [{ reason: 'is sorted already' }],
    });
    expect(await compactTable(table, { ...zorder, curve: 'none' })).toMatchObject({
      done: [{ mode: 'sort' }],
    });
  });

  it('sorts a closed day once, and does nothing at a second run', async () => {
    const table = await tableOf(
      await temporaryFolder(),
      [[row('B', 2n), row('A', 9n)], [row('A', 1n)]],
      '2026-11-01',
    );
    await compactTable(table, OPTIONS);
    const [path] = [...table.snapshot.files.keys()].map((name) => quotedString(table.store.enginePath(name)));
    expect((await sql(`SELECT symbol, epoch_us(ts)::INT FROM ${path}`)).map((cells) => cells.join())).toEqual(
      ['A,1', 'A,9', 'B,2'],
    );
    expect(await compactTable(table, OPTIONS)).toMatchObject({
      done: [],
      skipped: [{ reason: 'is sorted already' }],
    });
  });

  it('writes files of about equal size near the target, in small row groups that each hold a span of the order', async () => {
    const { table, add } = await parquetTable(await temporaryFolder(), { n: 'long', m: 'long' });
    for (const part of [0, 1]) {
      const rows = `range(${part * 6e5}, ${(part + 1) * 6e5}) t(i)`;
      await add(`SELECT (hash(i) >> 1)::BIGINT AS n, (hash(-i) >> 1)::BIGINT AS m FROM ${rows}`);
    }
    await table.refresh();
    const total = [...table.snapshot.files.values()].reduce((sum, { size }) => sum + Number(size), 0);
    const report = await compactTable(table, { ...OPTIONS, clusterBy: ['n'], targetBytes: total / 3 });
    expect(report).toMatchObject({ done: [{ filesAfter: 3, rows: 12e5 }], failed: [] });
    const files = [...table.snapshot.files.values()];
    for (const { size } of files) expect(Number(size) / (total / 3)).toBeLessThan(1.5);
    const paths = files.map(({ path }) => quotedString(table.store.enginePath(path)));
    const [[largest, spans] = []] = await sql(`SELECT max(row_group_num_rows)::INTEGER,
      sum(stats_max_value::DOUBLE - stats_min_value::DOUBLE) / (max(stats_max_value::DOUBLE) - min(stats_min_value::DOUBLE))
      FROM parquet_metadata([${paths}]) WHERE path_in_schema = 'n'`);
    // Threads take turns, so that row groups may change places; but hardly any two hold values of the same span.
    expect(Number(spans)).toBeLessThan(1.5);
    expect(Number(largest)).toBeLessThanOrEqual(61_440);
  });

  it('keeps statistics of the columns that the table wants', async () => {
    const { table, add } = await parquetTable(
      await temporaryFolder(),
      { id: 'long', symbol: 'string', ts: 'timestamp' },
      { 'delta.dataSkippingStatsColumns': 'symbol' },
    );
    for (const symbol of ['A', 'B']) await add(`SELECT 1::BIGINT AS id, '${symbol}' AS symbol, now() AS ts`);
    expect((await compactTable(table, { ...OPTIONS, all: true })).done).toMatchObject([{ filesAfter: 1 }]);
    const [compacted] = table.snapshot.files.values();
    expect(JSON.parse(compacted?.stats ?? '')).toEqual({
      numRecords: 2,
      minValues: { symbol: 'A' },
      maxValues: { symbol: 'B' },
      nullCount: { symbol: 0 },
    });
  });

  it('merges only files of finished hours in an open day, and those once', async () => {
    const folder = await temporaryFolder();
    const table = await tableOf(folder, [[row('B', 2n)], [row('A', 1n)]], '2026-11-21');
    const fresh = await tableOf(folder, [[row('C', 3n)]], '2026-11-21', NOW_MS - 60_000);
    expect((await compactTable(fresh, OPTIONS)).done).toMatchObject([
      { mode: 'merge', filesBefore: 2, filesAfter: 1, rows: 2 },
    ]);
    expect((await table.refresh()).files.size).toBe(2);
    expect((await compactTable(fresh, OPTIONS)).done).toEqual([]);
  });

  it('commits as a rewrite that changes no data', async () => {
    const table = await tableOf(await temporaryFolder(), [[row('B', 2n)], [row('A', 1n)]], '2026-11-01');
    await compactTable(table, OPTIONS);
    const { readCommit } = await import('../../src/delta/log/load-snapshot.ts');
    const actions = await readCommit(table.store, '_delta_log/00000000000000000002.json');
    expect(
      actions.flatMap((action) =>
        'add' in action ? [action.add.dataChange] : 'remove' in action ? [action.remove.dataChange] : [],
      ),
    ).toEqual([false, false, false]);
    expect(actions[0]).toMatchObject({ commitInfo: { operation: 'OPTIMIZE', isBlindAppend: false } });
  });

  it('refuses a partition whose file is gone by its name, and goes on with the others', async () => {
    const folder = await temporaryFolder();
    await tableOf(folder, [[row('B', 2n)], [row('A', 1n)]], '2026-11-01');
    const table = await tableOf(folder, [[row('B', 2n)], [row('A', 1n)]], '2026-11-02');
    const [gone = ''] = table.snapshot.files.keys();
    await rm(join(folder, gone));
    const { done, failed } = await compactTable(table, OPTIONS);
    expect(failed[0]?.error.message).toContain(gone);
    expect(done).toMatchObject([{ partition: '2026-11-02' }]);
  });

  it('reads no file outside of the table, whatever the log names', async () => {
    const { table, add, folder } = await parquetTable(join(await temporaryFolder(), 'table'), {
      symbol: 'string',
    });
    await add("SELECT 'ours' AS symbol");
    const secret = join(dirname(folder), 'secret.parquet');
    await sql(`COPY (SELECT 'secret' AS symbol) TO ${quotedString(secret)} (FORMAT parquet)`);
    const outside = {
      path: `file://${secret}`,
      partitionValues: {},
      size: 1,
      modificationTime: 1,
      dataChange: true,
    };
    await table.commit({ operation: 'WRITE', adds: [outside], reads: 'nothing' });
    const { done, failed } = await compactTable(table, { ...OPTIONS, clusterBy: ['symbol'], all: true });
    expect(done).toEqual([]);
    expect(failed).toMatchObject([
      { error: { code: 'TABLE_DAMAGED', message: expect.stringContaining(secret) } },
    ]);
  });

  it.each(['n + 1', 'NULL'])(
    'commits nothing when what was written is not what was read: n becomes %s',
    async (wrong) => {
      const folder = await temporaryFolder();
      const table = await tableOf(folder, [[row('B', 2n)], [row('A', 1n)]], '2026-11-01');
      const { version } = table;
      const { done, failed } = await compactTable(table, {
        ...OPTIONS,
        step: async (name) => {
          if (name !== 'compact:written') return;
          const names = (await table.store.list('', { recursive: true })).map((entry) => entry.name);
          const staged = table.store.enginePath(names.find((other) => other.includes('.tmp/')) ?? '');
          await sql(`CREATE TABLE t AS FROM ${quotedString(staged)};
            UPDATE t SET n = ${wrong} WHERE symbol = 'B'; COPY t TO ${quotedString(staged)} (FORMAT parquet)`);
        },
      });
      expect([done, failed]).toMatchObject([[], [{ error: { code: 'UPKEEP_MISMATCH' } }]]);
      expect((await table.refresh()).version).toBe(version);
      expect(
        (await table.store.list('', { recursive: true })).filter(({ name }) => name.includes('.tmp')),
      ).toEqual([]);
    },
  );

  it('lets appends through while it works, and plans a partition again whose inputs another one took', async () => {
    const folder = await temporaryFolder();
    const table = await tableOf(folder, [[row('B', 2n)], [row('A', 1n)]], '2026-11-01');
    let isFirst = true;
    const report = await compactTable(table, {
      ...OPTIONS,
      step: async (name) => {
        if (name !== 'compact:proved' || !isFirst) return;
        isFirst = false;
        await tableOf(folder, [[row('C', 3n)]], '2026-11-01');
        const other = await DeltaTable.open(new LocalStore(folder), { checkpoints: PARQUET_CHECKPOINTS });
        await compactTable(other, OPTIONS);
      },
    });
    expect(report.failed).toEqual([]);
    expect((await table.refresh()).files.size).toBe(1);
    expect((await rowsOf(table)).length).toBe(3);
  });

  it.each(['compact:written', 'compact:published', 'compact:proved', 'compact:committed'])(
    'may be killed at %s: the rows stay the same, and a repeat and a later vacuum leave nothing else',
    async (step) => {
      const folder = await temporaryFolder();
      const table = await tableOf(folder, [[row('B', 2n)], [row('A', 1n)]], '2026-11-01');
      const before = await rowsOf(table);
      const child = fork(resolve('tests/support/compact-process.js'), [folder, step, String(NOW_MS)], {
        stdio: 'inherit',
      });
      const signal = await new Promise((done) => child.on('close', (_, killed) => done(killed)));
      expect(signal).toBe('SIGKILL');
      await table.refresh();
      expect(await rowsOf(table)).toEqual(before);
      expect(
        (await verifyTable(table, OPTIONS.signal)).filter(({ severity }) => severity === 'damage'),
      ).toEqual([]);
      expect((await compactTable(table, OPTIONS)).failed).toEqual([]);
      await vacuumTable(table, { nowMs: Date.now() + 30 * 86_400_000, dryRun: false });
      const left = (await table.store.list('', { recursive: true })).map(({ name }) => name);
      expect(left.filter((name) => !name.startsWith('_'))).toEqual([...table.snapshot.files.keys()]);
      expect(await rowsOf(table)).toEqual(before);
    },
  );
});
