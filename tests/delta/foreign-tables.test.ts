import { existsSync, readFileSync } from 'node:fs';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { readHistory } from '../../src/delta/log/history.ts';
import { commitName } from '../../src/delta/log/log-path.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { verifyTable } from '../../src/query/verify/verify-table.ts';
import { run, temporaryFolder } from '../support/program.ts';

const FIXTURES = resolve('../shared/fixtures/delta-tables');
const KINDS = ['read', 'read-or-refuse', 'log-only', 'refuse'];

interface Foreign {
  readonly name: string;
  readonly table: string;
  readonly expect: { readonly kind: string; readonly latestVersion: number; readonly numFiles: number };
}

const foreign: Foreign[] = existsSync(FIXTURES)
  ? JSON.parse(readFileSync(join(FIXTURES, 'MANIFEST.json'), 'utf8')).tables
  : [];
const opened = foreign.filter(({ expect: { kind } }) => kind !== 'refuse');

const openTable = (path: string) =>
  DeltaTable.open(new LocalStore(path), { checkpoints: PARQUET_CHECKPOINTS });
const verify = (table: DeltaTable) => verifyTable(table, new AbortController().signal);

describe.skipIf(foreign.length === 0)('tables of other writers (needs the tables)', () => {
  it('are all there, and each is expected to be read or refused', async () => {
    const folders = (await readdir(FIXTURES, { withFileTypes: true })).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual(foreign.map(({ name }) => name).sort());
    expect(foreign.length).toBeGreaterThanOrEqual(16);
    expect(foreign.filter(({ expect: { kind } }) => !KINDS.includes(kind))).toEqual([]);
  });

  it.each(opened)('$name is sound, and has a history', async ({ table, expect: expected }) => {
    const delta = await openTable(join(FIXTURES, table));
    const findings = (await verify(delta)).filter(({ severity }) => severity === 'damage');
    const missing = expected.kind === 'log-only' ? expected.numFiles : 0;
    expect(findings.map(({ message }) => message)).toEqual(Array(missing).fill('the file is missing'));
    const [newest] = await readHistory(delta.store, 1);
    expect(newest?.version).toBe(expected.latestVersion);
  });

  it.each(['column-mapping-name', 'dv-small', 'parsed-stats'])(
    '%s is found to be damaged when its log does not say what its files hold',
    async (name) => {
      const folder = join(await temporaryFolder(), name);
      await cp(join(FIXTURES, name, 'table'), folder, { recursive: true });
      const newest = commitName((await openTable(folder)).version);
      const text = await readFile(join(folder, newest), 'utf8');
      await writeFile(
        join(folder, newest),
        text.replace(/(numRecords\\":)(\d+)/g, (_, key, rows) => `${key}${Number(rows) + 1}`),
      );
      const damage = (await verify(await openTable(folder))).filter(({ severity }) => severity === 'damage');
      expect(damage.length).toBeGreaterThan(0);
      expect(damage.every(({ message }) => /^it has \d+ rows, the log says \d+$/.test(message))).toBe(true);
    },
  );

  it('are taken by path by `--verify` and `--history`', async () => {
    const lake = await temporaryFolder();
    const folder = join(lake, 'elsewhere', 'mapped');
    await cp(join(FIXTURES, 'column-mapping-name', 'table'), folder, { recursive: true });
    const sound = await run(['tables', '--verify', folder, '--lake', lake]);
    expect([sound.code, sound.stdout]).toEqual([0, '']);
    const history = await run(['tables', '--history', folder, '--lake', lake, '--format', 'ndjson']);
    expect(JSON.parse(history.stdout)).toMatchObject({ version: 0, operation: 'WRITE', rows: 5 });
    const { snapshot, store } = await openTable(folder);
    const [path = ''] = snapshot.files.keys();
    await rm(store.enginePath(path));
    const damaged = await run(['tables', '--verify', folder, '--lake', lake, '--format', 'ndjson']);
    expect(damaged.code).toBe(6);
    expect(JSON.parse(damaged.stdout)).toEqual({
      severity: 'damage',
      file: path,
      message: 'the file is missing',
    });
    expect(damaged.stderr).toMatch(/^error: .* is damaged: 1 finding/m);
  });
});
