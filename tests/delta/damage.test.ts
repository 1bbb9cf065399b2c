import { mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { nullableField } from '../../src/delta/format/schema.ts';
import type { AddFile } from '../../src/delta/log/actions.ts';
import { parseCommit } from '../../src/delta/log/commit-json.ts';
import { checkpointName, commitName, LAST_CHECKPOINT } from '../../src/delta/log/log-path.ts';
import { addColumns } from '../../src/delta/maintenance/add-columns.ts';
import { restoreTable } from '../../src/delta/maintenance/restore.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { skipFiles } from '../../src/query/skipping/file-skipping.ts';
import { verifyTable } from '../../src/query/verify/verify-table.ts';
import { append, fakeFile, makeTable, remove } from '../support/delta.ts';
import { runSql } from '../support/parquet-table.ts';
import { run, temporaryFolder } from '../support/program.ts';

/** A table with a few commits on the disk. */
async function tableOnDisk(commits = 3): Promise<{ folder: string; store: LocalStore; table: DeltaTable }> {
  const folder = await temporaryFolder();
  const store = new LocalStore(folder);
  const table = await makeTable(store);
  for (let i = 0; i < commits; i++) await append(table, [`f${i}`]);
  return { folder, store, table };
}

const DEEP = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;

/** A line that adds a file with these fields; `DEEP` stands for what is nested too deep. */
function addWith(fields: object): string {
  const add = { ...fakeFile('f'), ...fields };
  return JSON.stringify({ add }).replace('"DEEP"', DEEP);
}

const open = (store: LocalStore) => DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });

describe('a damaged log is refused by the name of the file', () => {
  it.each([
    ['truncated JSON', '{"commitInfo":{}}\n{"add":{"path":"f'],
    ['an empty file', ''],
    ['two protocol actions', '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}\n'.repeat(2)],
    [
      'an add without a path',
      '{"add":{"partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}',
    ],
    ['a line nested 10,000 deep', `{"add":${DEEP}}`],
    ['an unknown field nested 10,000 deep', addWith({ future: 'DEEP' })],
    ['partition values nested 10,000 deep', addWith({ partitionValues: { p: 'DEEP' } })],
    ['a deletion vector that is none', addWith({ deletionVector: { storageType: 'u' } })],
    ['a deletion vector nested 10,000 deep', addWith({ deletionVector: { storageType: 'DEEP' } })],
    [
      'features nested 10,000 deep',
      `{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":${DEEP}}}`,
    ],
    ['a line that is no object', '[1,2]'],
  ])('%s', async (_, text) => {
    const { folder, store } = await tableOnDisk();
    await writeFile(join(folder, commitName(2)), text);
    await expect(open(store)).rejects.toMatchObject({
      code: 'TABLE_DAMAGED',
      message: expect.stringContaining(commitName(2)),
    });
  });

  it.each([
    ['nested 10,000 deep', `${'{"type":"array","elementType":'.repeat(10_000)}"long"${'}'.repeat(10_000)}`],
    ['whose types are none', 'null'],
    [
      'of a later kind, which is none,',
      '{"type":"variant2"}',
      'TABLE_UNSUPPORTED',
      '`c` of the type `variant2`',
    ],
  ])('a schema %s', async (_, type, code = 'TABLE_DAMAGED', named = '`schemaString`') => {
    const { folder, store } = await tableOnDisk();
    const schemaString = `{"type":"struct","fields":[{"name":"c","type":${type},"metadata":{}}]}`;
    const format = { provider: 'parquet', options: {} };
    const metaData = { id: 'x', format, schemaString, partitionColumns: [], configuration: {} };
    await writeFile(join(folder, commitName(2)), JSON.stringify({ metaData }));
    await expect(open(store)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(named),
    });
  });

  it('data without any log, which a new table would hide', async () => {
    const { folder, store } = await tableOnDisk();
    await rm(join(folder, '_delta_log'), { recursive: true });
    await mkdir(join(folder, 'date=2026-11-21'));
    await writeFile(join(folder, 'date=2026-11-21', 'part-0.parquet'), '');
    await expect(makeTable(store)).rejects.toMatchObject({ code: 'TABLE_DAMAGED' });
    await expect(stat(join(folder, '_delta_log'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('a missing version', async () => {
    const { folder, store } = await tableOnDisk();
    await rm(join(folder, commitName(2)));
    await expect(open(store)).rejects.toMatchObject({
      code: 'TABLE_DAMAGED',
      message: expect.stringContaining('missing version 2'),
    });
  });

  it('a commit that no memory can hold', () => {
    expect(() => parseCommit(new Uint8Array(600 * 2 ** 20), 'huge.json')).toThrow(/`huge.json` is damaged/);
  });
});

describe('what is odd and no damage', () => {
  it.each([1, 12_345_678_901_234_567_890n])(
    'a field nested 10,000 deep beside the number %s is carried and changes no row',
    async (number) => {
      const { folder, store } = await tableOnDisk();
      const nested = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
      const commit = await readFile(join(folder, commitName(2)), 'utf8');
      await writeFile(
        join(folder, commitName(2)),
        `{"commitInfo":{"n":${number},"x":${nested}}}\n{"future":${nested}}\n${commit}`,
      );
      expect([...(await open(store)).snapshot.files.keys()]).toEqual(['f0', 'f1', 'f2']);
    },
  );

  it('unknown fields of files and metadata are kept by whoever writes these again', async () => {
    const { folder, store, table } = await tableOnDisk(1);
    await writeFile(join(folder, 'g'), 'x');
    const { metadata } = table.snapshot;
    const lines = [
      { metaData: { ...metadata, future: [1] } },
      { add: { ...fakeFile('g'), future: { a: 'ü' } } },
      { future: { action: true } },
    ];
    await writeFile(join(folder, commitName(2)), lines.map((line) => JSON.stringify(line)).join('\n'));
    const other = await open(store);
    expect(await addColumns(other, [nullableField('note', 'string')])).toBe(3);
    await remove(other, ['g']);
    await restoreTable(other, 3);
    const { snapshot } = await open(store);
    expect(snapshot.metadata).toMatchObject({ future: [1] });
    expect(snapshot.files.get('g')).toMatchObject({ future: { a: 'ü' } });
  });

  it('columns without metadata, which other engines bear with', async () => {
    const { folder, store } = await tableOnDisk();
    const schemaString = '{"type":"struct","fields":[{"name":"c","type":"long","nullable":true}]}';
    const format = { provider: 'parquet', options: {} };
    const metaData = { id: 'x', format, schemaString, partitionColumns: [], configuration: {} };
    await writeFile(join(folder, commitName(2)), JSON.stringify({ metaData }));
    expect((await open(store)).snapshot.schema.fields[0]?.type).toBe('long');
  });

  it('statistics nested 10,000 deep skip no file', async () => {
    const { table } = await tableOnDisk(0);
    const stats = `{"numRecords":1,"minValues":{"id":${DEEP}},"maxValues":{"id":${DEEP}},"nullCount":{"id":${DEEP}}}`;
    const files = [{ ...fakeFile('f'), stats }];
    const predicate = { kind: 'compare', column: 'id', operator: '>', value: 5n } as const;
    expect(skipFiles(table.snapshot, files, predicate)).toEqual(files);
  });

  it('a commit of 200 MB is read whole', async () => {
    const { folder, store } = await tableOnDisk(1);
    const padding = 'x'.repeat(10_000);
    const lines = Array.from({ length: 20_000 }, (_, index) =>
      JSON.stringify({ add: { ...fakeFile(`big-${index}`), stats: `{"padding":"${padding}"}` } }),
    );
    await writeFile(join(folder, commitName(2)), lines.join('\n'));
    const { size } = await stat(join(folder, commitName(2)));
    expect(size).toBeGreaterThan(200_000_000);
    const { files } = (await open(store)).snapshot;
    expect(files.size).toBe(20_001);
    expect(files.has('big-19999')).toBe(true);
  });
});

describe('a path that leaves the table', () => {
  /** A table that names a real Parquet file beside its folder, in some form. */
  async function tableThatNames(pathOf: (secret: string) => string): Promise<string> {
    const lake = await temporaryFolder();
    const secret = join(lake, 'secret.parquet');
    await runSql(`COPY (SELECT 42::BIGINT AS id, 'secret' AS symbol) TO '${secret}' (FORMAT parquet)`);
    const folder = join(lake, 'prices');
    await append(await makeTable(new LocalStore(folder)), [pathOf(secret)]);
    return folder;
  }

  const sql = ['--sql', 'SELECT symbol FROM prices', '--format', 'ndjson'];

  it.each(['file://elsewhere/x', 'file:///a%2Fb', '/a%00b'])('is no path at all: `%s`', async (path) => {
    const folder = await tableThatNames(() => path);
    const read = await run(['read', '--lake', folder, '--table', `prices=${folder}`, ...sql]);
    expect(read).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('[TABLE_DAMAGED]') });
  });

  it.each(['../secret.parquet', 'a/../../secret.parquet', '..%2Fsecret.parquet', '%2e%2e/secret.parquet'])(
    '`%s` is refused also in a table that the user mounts, and found by verification',
    async (path) => {
      const folder = await tableThatNames(() => path);
      const read = await run(['read', '--lake', folder, '--table', `prices=${folder}`, ...sql]);
      expect([read.code, read.stdout]).toEqual([6, '']);
      expect(read.stderr).toMatch(/^error: .*outside of itself.*\[TABLE_DAMAGED\]$/m);
      const table = await open(new LocalStore(folder));
      expect(await verifyTable(table, new AbortController().signal)).toMatchObject([
        { severity: 'damage', message: expect.stringContaining('outside of itself') },
      ]);
    },
  );

  it.each([
    ['as a URL', (secret: string) => `file://${secret}`],
    [
      'as a path that seems to begin in the table',
      (secret: string) => `${dirname(secret)}/prices/../secret.parquet`,
    ],
    ['as a URL that does so', (secret: string) => `file:${dirname(secret)}/prices/%2e%2e/secret.parquet`],
  ])('is followed only when it is absolute and the user mounted the table: %s', async (_, pathOf) => {
    const folder = await tableThatNames(pathOf);
    const own = await run(['read', '--lake', dirname(folder), ...sql]);
    expect([own.code, own.stdout]).toEqual([6, '']);
    const mounted = await run(['read', '--lake', folder, '--table', `prices=${folder}`, ...sql]);
    expect(mounted.stdout).toBe('{"symbol":"secret"}\n');
  });
});

describe('a damaged deletion vector', () => {
  const vector = (fields: object) => ({
    ...{
      storageType: 'u',
      pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^',
      offset: 4,
      sizeInBytes: 40,
      cardinality: 6,
    },
    ...fields,
  });

  it.each([
    ['whose file is missing', vector({}), 'the file is missing'],
    ['whose file is cut short', vector({}), 'it is cut short'],
    ['that is empty', vector({ storageType: 'i', pathOrInlineDv: '', sizeInBytes: 0 }), 'it is cut short'],
    ['that is no bitmap', vector({ storageType: 'i', pathOrInlineDv: '00000' }), 'it has no Roaring bitmap'],
    [
      'that climbs out of the table',
      vector({ pathOrInlineDv: '../../^-aqEH.-t@S}K{vb[*k^' }),
      'outside of itself',
    ],
    [
      'that lies elsewhere',
      vector({ storageType: 'p', pathOrInlineDv: 'file:///etc/passwd' }),
      'outside of itself',
    ],
  ])('%s is an error, and no row is reported', async (text, deletionVector, message) => {
    const folder = join(await temporaryFolder(), 'prices');
    const table = await makeTable(new LocalStore(folder));
    await runSql(`COPY (SELECT 1::BIGINT AS id) TO '${join(folder, 'f')}' (FORMAT parquet)`);
    if (text.endsWith('short')) {
      await mkdir(join(folder, 'ab'));
      await writeFile(
        join(folder, 'ab', 'deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin'),
        '0123456',
      );
    }
    const add = { ...fakeFile('f'), deletionVector } as AddFile;
    await table.commit({ operation: 'WRITE', adds: [add], reads: 'nothing' });
    const read = await run(['read', '--lake', dirname(folder), '--sql', 'SELECT count(*) FROM prices']);
    expect(read).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining(message) });
  });
});

describe('a damaged checkpoint', () => {
  it('is left out when the commits are still there', async () => {
    const { folder, store, table } = await tableOnDisk();
    expect(await writeCheckpoint(table, { nowMs: Date.now(), force: true })).toBe(3);
    await truncate(join(folder, checkpointName(3)), 200);
    expect((await open(store)).snapshot.files.size).toBe(3);
  });

  it('is an error when they are not', async () => {
    const { folder, store, table } = await tableOnDisk();
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    await truncate(join(folder, checkpointName(3)), 200);
    await rm(join(folder, commitName(1)));
    await expect(open(store)).rejects.toMatchObject({ code: 'TABLE_DAMAGED' });
  });

  it.each([
    ['points nowhere', '{"version":99,"size":1}'],
    ['is empty', ''],
    ['is no JSON', 'oops'],
    ['has a version that is no number', '{"version":"3"}'],
  ])('hint that %s is ignored', async (_, text) => {
    const { folder, store, table } = await tableOnDisk();
    await writeCheckpoint(table, { nowMs: Date.now(), force: true });
    await writeFile(join(folder, LAST_CHECKPOINT), text);
    expect((await open(store)).version).toBe(3);
  });
});
