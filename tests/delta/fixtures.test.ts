import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LakeError } from '../../src/base/errors.ts';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import type { Snapshot } from '../../src/delta/log/snapshot.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { LakeSession } from '../../src/query/session/lake-session.ts';

const FIXTURES = resolve('../shared/fixtures/delta-tables');

interface Expectation {
  readonly kind: 'read' | 'read-or-refuse' | 'log-only' | 'refuse';
  readonly latestVersion?: number;
  readonly numFiles?: number;
  readonly rows?: number;
  readonly columns?: readonly (readonly [string, string])[];
  readonly contentSha256?: string;
  readonly rowsAtVersion?: Readonly<Record<string, number | string>>;
}

const manifest: { tables: { name: string; table: string; expect: Expectation }[] } = existsSync(FIXTURES)
  ? JSON.parse(readFileSync(join(FIXTURES, 'MANIFEST.json'), 'utf8'))
  : { tables: [] };

const readable = manifest.tables.filter(({ expect: { kind } }) => kind.startsWith('read'));
const refused = manifest.tables.filter(({ expect: { kind } }) => kind === 'refuse');
const logOnly = manifest.tables.filter(({ expect: { kind } }) => kind === 'log-only');

async function rowsOf(store: LocalStore, snapshot: Snapshot, sql: string): Promise<unknown[][]> {
  const files = [...snapshot.files.values()];
  const session = await LakeSession.start(512 * 2 ** 20);
  try {
    await session.show({
      tables: [{ name: 't', store, snapshot, files, isTrusted: false }],
      absent: [],
      views: [],
    });
    return (await session.connection.runAndReadAll(sql)).getRows();
  } finally {
    await session.close();
  }
}

describe.skipIf(manifest.tables.length === 0)(
  'tables written by Spark, delta-rs and kernel (needs the tables)',
  () => {
    it.each(readable)('reads $name as its writer meant it', async ({ table, expect: expected }) => {
      const store = new LocalStore(join(FIXTURES, table));
      const delta = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
      expect(delta.version).toBe(expected.latestVersion);
      expect(delta.snapshot.files.size).toBe(expected.numFiles);
      const columns = delta.snapshot.schema.fields.map(({ name, type }) => [name, type]);
      expect(columns).toEqual(expected.columns);
      const list = columns.map(([name]) => `CAST("${name}" AS VARCHAR)`).join(', ');
      const rows = await rowsOf(store, delta.snapshot, `SELECT ${list} FROM t`);
      const sorted = rows.map((row) => JSON.stringify(row)).sort();
      expect(rows.length).toBe(expected.rows);
      expect(
        createHash('sha256')
          .update(`[${sorted.join(',')}]`)
          .digest('hex'),
      ).toBe(expected.contentSha256);
    });

    it.each(readable.filter(({ expect: { rowsAtVersion } }) => rowsAtVersion))(
      'travels to every version of $name',
      async ({ table, expect: { rowsAtVersion = {} } }) => {
        const store = new LocalStore(join(FIXTURES, table));
        const delta = await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS });
        for (const [version, rows] of Object.entries(rowsAtVersion)) {
          if (typeof rows === 'string') {
            await expect(delta.snapshotAt(Number(version))).rejects.toBeInstanceOf(LakeError);
            continue;
          }
          const [[count] = []] = await rowsOf(
            store,
            await delta.snapshotAt(Number(version)),
            'SELECT count(*) FROM t',
          );
          expect(Number(count), `version ${version}`).toBe(rows);
        }
      },
    );

    it.each(readable)('builds the same state of $name with either engine', async ({ table }) => {
      const store = new LocalStore(join(FIXTURES, table));
      const [a, b] = [
        (await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS })).snapshot,
        (await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS })).snapshot,
      ];
      expect([...a.files]).toEqual([...b.files]);
      expect(a.metadata).toEqual(b.metadata);
      expect([...a.txns]).toEqual([...b.txns]);
    });

    it.each(refused)('refuses $name with a clear error', async ({ table, name }) => {
      const opened = DeltaTable.open(new LocalStore(join(FIXTURES, table)), {
        checkpoints: PARQUET_CHECKPOINTS,
      });
      const error = await opened.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(LakeError);
      expect((error as LakeError).exitCode).toBe(6);
      expect((error as LakeError).message).toMatch(/geospatial|reader version 99|missing version 1/);
      expect(name.startsWith('refuse')).toBe(true);
    });

    it.each(logOnly)('reads the log of $name', async ({ table, expect: expected }) => {
      const delta = await DeltaTable.open(new LocalStore(join(FIXTURES, table)), {
        checkpoints: PARQUET_CHECKPOINTS,
      });
      expect(delta.version).toBe(expected.latestVersion);
      if (expected.numFiles !== undefined) expect(delta.snapshot.files.size).toBe(expected.numFiles);
    });
  },
);
