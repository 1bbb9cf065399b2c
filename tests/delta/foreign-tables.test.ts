import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { readHistory } from '../../src/delta/history.ts';
import { LocalStore } from '../../src/delta/local-store.ts';
import { commitName } from '../../src/delta/log-path.ts';
import { verifyTable } from '../../src/query/verify-table.ts';
import { runSql } from '../support/parquet-table.ts';
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

const openTable = (path: string) => DeltaTable.open(new LocalStore(path), { engine: 'duckdb' });
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

describe('column mapping by id', () => {
  const field = (name: string, type: string, id: number, physicalName: string) => ({
    name,
    type,
    nullable: true,
    metadata: { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': physicalName },
  });

  /** `id` was renamed since, and `note` was added: its id is in no file. */
  async function mappedTable(): Promise<string> {
    const folder = join(await temporaryFolder(), 'mapped');
    await mkdir(join(folder, '_delta_log'), { recursive: true });
    await runSql(
      `COPY (SELECT 7::BIGINT AS "col-a", 'x' AS "col-b") TO '${join(folder, 'part.parquet')}' (FORMAT parquet, FIELD_IDS {"col-a": 1, "col-b": 2})`,
    );
    const { size } = await stat(join(folder, 'part.parquet'));
    const fields = [
      field('the id', 'long', 1, 'col-a'),
      field('note', 'string', 3, 'col-c'),
      field('symbol', 'string', 2, 'col-b'),
    ];
    const actions = [
      { protocol: { minReaderVersion: 2, minWriterVersion: 5 } },
      {
        metaData: {
          id: '00000000-0000-4000-8000-000000000000',
          format: { provider: 'parquet', options: {} },
          schemaString: JSON.stringify({ type: 'struct', fields }),
          partitionColumns: [],
          configuration: { 'delta.columnMapping.mode': 'id', 'delta.columnMapping.maxColumnId': '3' },
        },
      },
      {
        add: {
          path: 'part.parquet',
          partitionValues: {},
          size,
          modificationTime: 1,
          dataChange: true,
          stats: '{"numRecords":1,"minValues":{"col-a":7},"maxValues":{"col-a":7}}',
        },
      },
    ];
    await writeFile(join(folder, commitName(0)), actions.map((action) => JSON.stringify(action)).join('\n'));
    return folder;
  }

  it('is read by the new names, and sound', async () => {
    const folder = await mappedTable();
    const lake = await temporaryFolder();
    const read = await run([
      ...['read', '--lake', lake, '--table', `mapped=${folder}`, '--format', 'ndjson'],
      ...['--sql', 'SELECT "the id"::INT AS id, note, symbol FROM mapped WHERE "the id" = 7'],
    ]);
    expect(JSON.parse(read.stdout)).toEqual({ id: 7, note: null, symbol: 'x' });
    expect(await verify(await openTable(folder))).toEqual([]);
  });

  it('is never written', async () => {
    const table = await openTable(await mappedTable());
    await expect(table.commit({ operation: 'WRITE', reads: 'nothing' })).rejects.toMatchObject({
      code: 'TABLE_UNSUPPORTED',
      message: expect.stringMatching(/reader version 2/),
    });
  });
});

describe('column mapping by name', () => {
  const mapped = (name: string, physicalName: string, type: unknown, id: number) => ({
    name,
    type,
    nullable: true,
    metadata: { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': physicalName },
  });
  const struct = (...fields: readonly unknown[]) => ({ type: 'struct', fields });

  it('reaches into structs, lists and maps, and a struct that is null stays so', async () => {
    const folder = join(await temporaryFolder(), 'nested');
    await mkdir(join(folder, '_delta_log'), { recursive: true });
    await runSql(
      `COPY (SELECT i AS c1, CASE WHEN i = 0 THEN {x: i, y: {z: 'deep'}} END AS c2, [{e: i}, NULL] AS c3, MAP {'k': {m: i}} AS c4, ['plain'] AS c5
       FROM range(2) t(i)) TO '${join(folder, 'part.parquet')}' (FORMAT parquet)`,
    );
    const fields = [
      mapped('id', 'c1', 'long', 1),
      mapped(
        'group',
        'c2',
        struct(mapped('new', 'n', 'long', 2), mapped('in', 'y', struct(mapped('Z z', 'z', 'string', 3)), 4)),
        5,
      ),
      mapped(
        'list',
        'c3',
        { type: 'array', elementType: struct(mapped('first', 'e', 'long', 6)), containsNull: true },
        7,
      ),
      mapped(
        'map',
        'c4',
        {
          type: 'map',
          keyType: 'string',
          valueType: struct(mapped('of', 'm', 'long', 8)),
          valueContainsNull: true,
        },
        9,
      ),
      mapped('texts', 'c5', { type: 'array', elementType: 'string', containsNull: true }, 10),
    ];
    const actions = [
      { protocol: { minReaderVersion: 2, minWriterVersion: 5 } },
      {
        metaData: {
          id: '00000000-0000-4000-8000-000000000001',
          format: { provider: 'parquet', options: {} },
          schemaString: JSON.stringify({ type: 'struct', fields }),
          partitionColumns: [],
          configuration: { 'delta.columnMapping.mode': 'name', 'delta.columnMapping.maxColumnId': '10' },
        },
      },
      { add: { path: 'part.parquet', partitionValues: {}, size: 1, modificationTime: 1, dataChange: true } },
    ];
    await writeFile(join(folder, commitName(0)), actions.map((action) => JSON.stringify(action)).join('\n'));
    const { stdout } = await run([
      ...['read', '--lake', await temporaryFolder(), '--table', `nested=${folder}`, '--format', 'json'],
      ...['--sql', 'SELECT id::INT AS id, "group", list, map, texts FROM nested ORDER BY id'],
    ]);
    expect(JSON.parse(stdout)).toEqual(
      [0, 1].map((id) => ({
        id,
        group: id === 0 ? { new: null, in: { 'Z z': 'deep' } } : null,
        list: [{ first: id }, null],
        map: [{ key: 'k', value: { of: id } }],
        texts: ['plain'],
      })),
    );
  });
});
