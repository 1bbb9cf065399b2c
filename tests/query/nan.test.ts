import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pl from 'nodejs-polars';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NAN_TAGS } from '../../src/delta/format/stats.ts';
import type { AddFile } from '../../src/delta/log/actions.ts';
import { openSession } from '../../src/query/session/open-session.ts';
import { type ParquetTable, parquetTable, runSql } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';

/** Of delta-rs 1.6.6: (NaN, NaN, {NaN, 1}), (0.5, 0.5, {0.5, 2}), (NULL, NULL, NULL); all bounds are 0.5. */
const BY_DELTA_RS =
  'UEFSMRUEFSAVJEwVBBUAEgAAEDwAAAAAAAD4fwAAAAAAAOA/FQAVEhUWLBUGFRAVBhUGAAAJIAIAAAADAwEDAhUEFRAVFEwVBBUA' +
  'EgAACBwAAMB/AAAAPxUAFRIVFiwVBhUQFQYVBgAACSACAAAAAwMBAwIVBBUgFSRMFQQVABIAABA8AAAAAAAA+H8AAAAAAADgPxUA' +
  'FRQVGCwVBhUQFQYVBgAACiQDAAAAAwoAAQMCFQQVEBUUTBUEFQASAAAIHAEAAAACAAAAFQAVFBUYLBUGFRAVBhUGAAAKJAMAAAAD' +
  'CgABAwIZEgIZGAgAAAAAAADgPxkYCAAAAAAAAOA/FQIZFgIpJgIEABkSAhkYBAAAAD8ZGAQAAAA/FQIZFgIpJgIEABkSAhkYCAAA' +
  'AAAAAOA/GRgIAAAAAAAA4D8VAhkWAik2AgAEABkSAhkYBAEAAAAZGAQCAAAAFQIZFgIpNgIABAAZHBZIFTgWAAAAGRwWsAEVOBYA' +
  'AAAZHBaoAhU6FgAAABkcFpIDFToWAAAAFQIZbEgMYXJyb3dfc2NoZW1hFQYAFQolAhgBZAAVCCUCGAFmADUCGAFzFQQAFQolAhgB' +
  'ZAAVAiUCGAFuABYGGRwZTCYAHBUKGTUABhAZGAFkFQIWBhZwFngmSCYIHBgIAAAAAAAA4D8YCAAAAAAAAOA/FgIoCAAAAAAAAOA/' +
  'GAgAAAAAAADgPxERABksFQAVEBUCABUEFQAVAgA8OSYCBAAAFsgFFRQWzAMVRgAmABwVCBk1AAYQGRgBZhUCFgYWYBZoJrABJoAB' +
  'HBgEAAAAPxgEAAAAPxYCKAQAAAA/GAQAAAA/EREAGSwVABUQFQIAFQQVABUCADw5JgIEAAAW3AUVFhaSBBU2ACYAHBUKGTUABhAZ' +
  'KAFzAWQVAhYGFnIWeiaoAiboARwYCAAAAAAAAOA/GAgAAAAAAADgPxYCKAgAAAAAAADgPxgIAAAAAAAA4D8REQAZLBUAFRAVAgAV' +
  'BBUAFQIAPDk2AgAEAAAW8gUVFhbIBBVIACYAHBUCGTUABhAZKAFzAW4VAhYGFmIWaiaSAybiAhwYBAIAAAAYBAEAAAAWAigEAgAA' +
  'ABgEAQAAABERABksFQAVEBUCABUEFQAVAgA8OTYCAAQAABaIBhUWFpAFFTgAFqQDFgYmCBbEAxQAABkcGAxBUlJPVzpzY2hlbWEY' +
  'uAMvLy8vLzBBQkFBQVFBQUFBQUFBS0FBd0FDZ0FKQUFRQUNnQUFBQkFBQUFBQUFRUUFDQUFJQUFBQUJBQUlBQUFBQkFBQUFBTUFB' +
  'QURnQUFBQXBBQUFBQVFBQUFCMC8vLy9JQUFBQUF3QUFBQUFBQUVOZEFBQUFBSUFBQUJFQUFBQURBQUFBQVFBQkFBRUFBQUFuUC8v' +
  'L3hnQUFBQWdBQUFBQUFBQkFod0FBQUFJQUF3QUJBQUxBQWdBQUFBZ0FBQUFBQUFBQVFBQUFBQUJBQUFBYmdBQUFORC8vLzhRQUFB' +
  'QUZBQUFBQUFBQVFNUUFBQUFodi8vL3dBQUFnQUFBQUFBQVFBQUFHUUFBQUFCQUFBQWN3QUFBQkFBRkFBUUFBNEFEd0FFQUFBQUNB' +
  'QVFBQUFBRUFBQUFCUUFBQUFBQUFFREVBQUFBTWIvLy84QUFBRUFBQUFBQUFFQUFBQm1BQUFBRUFBV0FCQUFEZ0FQQUFRQUFBQUlB' +
  'QkFBQUFBWUFBQUFIQUFBQUFBQUFRTVlBQUFBQUFBR0FBZ0FCZ0FHQUFBQUFBQUNBQUFBQUFBQkFBQUFaQUFBQUE9PQAYGWRlbHRh' +
  'LXJzIHZlcnNpb24gcHktMS42LjYZTBwAABwAABwAABwAAADaAwAAUEFSMQ==';
const COLUMNS = {
  d: 'double',
  f: 'float',
  s: {
    type: 'struct',
    fields: [
      { name: 'd', type: 'double', nullable: true, metadata: {} },
      { name: 'n', type: 'integer', nullable: true, metadata: {} },
    ],
  },
} as const;

async function commitFile(table: ParquetTable, path: string, tags?: AddFile['tags']): Promise<void> {
  const { size } = await stat(table.store.enginePath(path));
  const stats = JSON.stringify({
    numRecords: 3,
    minValues: { d: 0.5, f: 0.5 },
    maxValues: { d: 0.5, f: 0.5 },
    nullCount: { d: 1, f: 1 },
  });
  const add = {
    path,
    partitionValues: {},
    size,
    modificationTime: 1,
    dataChange: true,
    stats,
    ...(tags ? { tags } : {}),
  };
  await table.table.commit({ operation: 'WRITE', adds: [add], reads: 'nothing' });
}

async function first(lake: string, sql: string): Promise<unknown> {
  const session = await openSession({ lake, memoryBytes: 2 ** 28, sql });
  try {
    return (await session.connection.runAndReadAll(sql)).getRowsJson()[0]?.[0];
  } finally {
    await session.close();
  }
}

describe.each(['one file', 'many files'])('a row with NaN that bounds leave out, in %s,', (many) => {
  let lake = '';
  beforeAll(async () => {
    lake = await mkdtemp(join(tmpdir(), 'crypto-lake-nan-'));
    const table = await parquetTable(join(lake, 't'), COLUMNS);
    await writeFile(table.store.enginePath('a.parquet'), Buffer.from(BY_DELTA_RS, 'base64'));
    await commitFile(table, 'a.parquet');
    if (many === 'many files')
      await table.add('SELECT 0.25::DOUBLE AS d, 0.25::FLOAT AS f, {d: 0.25::DOUBLE, n: 3} AS s');
  });
  afterAll(() => rm(lake, { recursive: true, force: true }));

  it.each(
    ['d', 'f', 's.d'].flatMap((column) => [
      `${column} > 1`,
      `${column} >= 1`,
      `${column} <> 0.5 AND ${column} <> 0.25`,
      `NOT (${column} <= 1)`,
      `${column} = 'NaN'`,
      `${column} IN (7, 'NaN'::DOUBLE)`,
      `${column} BETWEEN 1 AND 'NaN'::DOUBLE`,
      `isnan(${column})`,
    ]),
  )('is found by %s', async (where) => {
    expect(await first(lake, `SELECT count(*)::INT FROM t WHERE ${where}`)).toBe(1);
  });

  it.each(['d', 'f', 's.d'])('is the greatest in %s, joins with NaN, and comes first', async (column) => {
    expect(await first(lake, `SELECT max(${column}) FROM t`)).toBe('NaN');
    expect(await first(lake, `SELECT ${column} FROM t ORDER BY 1 DESC NULLS LAST LIMIT 1`)).toBe('NaN');
    const nans = "(VALUES ('NaN'::DOUBLE)) AS n(x)";
    expect(await first(lake, `SELECT count(*)::INT FROM t JOIN ${nans} ON t.${column} = n.x`)).toBe(1);
    expect(await first(lake, `SELECT count(*)::INT FROM t WHERE ${column} IN (SELECT x FROM ${nans})`)).toBe(
      1,
    );
  });
});

describe('the bounds of our own writers', () => {
  it('are none where there is NaN, so that files by them may be skipped', async () => {
    const lake = await temporaryFolder();
    const table = await parquetTable(join(lake, 't'), { d: 'double' });
    const file = (name: string) => table.store.enginePath(name);
    pl.DataFrame({ d: pl.Series('d', [0.5, Number.NaN, null], pl.Float64) }).writeParquet(file('p.parquet'), {
      compression: 'zstd',
    });
    // NaN in the first of several row groups.
    await runSql(
      `COPY (SELECT CASE WHEN r = 5 THEN 'NaN'::DOUBLE ELSE 0.5 END AS d FROM range(200000) t(r)) TO '${file('q.parquet')}' (FORMAT parquet, PARQUET_VERSION V1, ROW_GROUP_SIZE 60000)`,
    );
    for (const name of ['p.parquet', 'q.parquet']) await commitFile(table, name, NAN_TAGS);
    for (const where of ['d > 1', 'NOT (d <= 1)', "d = 'NaN'", 'd NOT IN (0.5)'])
      expect(await first(lake, `SELECT count(*)::INT FROM t WHERE ${where}`), where).toBe(2);
    expect(await first(lake, 'SELECT count(*)::INT FROM t WHERE d = 0.0')).toBe(0);
  });

  it('say the same of both zeros', async () => {
    const lake = await temporaryFolder();
    const table = await parquetTable(join(lake, 't'), { d: 'double' });
    await table.add("SELECT '-0.0'::DOUBLE AS d FROM range(5000)");
    await table.add("SELECT '0.0'::DOUBLE AS d FROM range(5000)");
    for (const where of ['d = 0.0', "d = '-0.0'::DOUBLE", 'd >= 0', 'd <= 0', 'd IN (0, 5)'])
      expect(await first(lake, `SELECT count(*)::INT FROM t WHERE ${where}`), where).toBe(10_000);
  });
});
