import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeltaTable } from '../../src/delta/delta-table.ts';
import { readRoaring } from '../../src/delta/format/roaring-bitmap.ts';
import type { AddFile } from '../../src/delta/log/actions.ts';
import { LocalStore } from '../../src/delta/store/local-store.ts';
import { PARQUET_CHECKPOINTS } from '../../src/parquet/parquet-checkpoints.ts';
import { openSession } from '../../src/query/session/open-session.ts';
import { verifyTable } from '../../src/query/verify/verify-table.ts';
import { parquetTable, runSql } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';

/** A 64-bit Roaring bitmap, each container in the form that is asked for where the specification allows it. */
function roaring(rows: readonly number[], form: 'plain' | 'runs'): Buffer {
  const containers = new Map<number, number[]>();
  for (const row of rows) {
    const key = Math.floor(row / 65_536);
    const values = containers.get(key) ?? [];
    values.push(row % 65_536);
    containers.set(key, values);
  }
  const entries = [...containers].sort(([a], [b]) => a - b);
  const u16 = (...values: number[]) => Buffer.from(new Uint16Array(values).buffer);
  const u32 = (...values: number[]) => Buffer.from(new Uint32Array(values).buffer);
  const bodies = entries.map(([, values]) => {
    if (form === 'runs') {
      const runs: number[] = [];
      for (const value of values) {
        const last = runs.length - 2;
        if (last >= 0 && (runs[last] ?? 0) + (runs[last + 1] ?? 0) + 1 === value)
          runs[last + 1] = (runs[last + 1] ?? 0) + 1;
        else runs.push(value, 0);
      }
      return u16(runs.length / 2, ...runs);
    }
    if (values.length <= 4096) return u16(...values);
    const bits = Buffer.alloc(8192);
    for (const value of values) bits[value >> 3] = (bits[value >> 3] ?? 0) | (1 << (value & 7));
    return bits;
  });
  const keys = u16(...entries.flatMap(([key, values]) => [key, values.length - 1]));
  const n = entries.length;
  const offsets = form === 'runs' && n < 4 ? Buffer.alloc(0) : Buffer.alloc(4 * n);
  const head =
    form === 'runs'
      ? Buffer.concat([u32(12347 | ((n - 1) << 16)), Buffer.alloc(Math.ceil(n / 8), 0xff)])
      : u32(12346, n);
  return Buffer.concat([
    Buffer.from(new BigUint64Array([1n]).buffer),
    u32(0),
    head,
    keys,
    offsets,
    ...bodies,
  ]);
}

/** A file with one vector, and what an `add` says of it. */
async function vectorFile(
  path: string,
  rows: readonly number[],
): Promise<NonNullable<AddFile['deletionVector']>> {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(1681511377);
  const data = Buffer.concat([magic, roaring(rows, 'plain')]);
  const frame = Buffer.alloc(data.length + 9);
  frame[0] = 1;
  frame.writeUInt32BE(data.length, 1);
  data.copy(frame, 5);
  frame.writeUInt32BE(crc32(data), data.length + 5);
  await writeFile(path, frame);
  return {
    storageType: 'p',
    pathOrInlineDv: `file://${path}`,
    offset: 1,
    sizeInBytes: data.length,
    cardinality: rows.length,
  };
}

const rowSets = fc
  .uniqueArray(fc.oneof(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 65_530, max: 65_545 })), {
    minLength: 1,
    maxLength: 300,
  })
  .chain((some) =>
    fc
      .integer({ min: 0, max: 9000 })
      .map((length) =>
        [...new Set([...some, ...Array.from({ length }, (_, i) => 131_000 + i)])].sort((a, b) => a - b),
      ),
  );

describe('a deletion vector', () => {
  it('holds the rows that were put into it, in every form of a container', () => {
    fc.assert(
      fc.property(rowSets, fc.constantFrom('plain' as const, 'runs' as const), (rows, form) => {
        const { bits, size } = readRoaring(roaring(rows, form));
        expect(size).toBe(rows.length);
        const found: number[] = [];
        for (let row = 0; row < bits.length * 8; row++)
          if ((bits[row >> 3] ?? 0) & (1 << (row & 7))) found.push(row);
        expect(found).toEqual(rows);
      }),
      { numRuns: 30 },
    );
  });

  it('that is cut anywhere, or names rows that no file has, is refused', () => {
    const whole = roaring([1, 5, 70_000, ...Array.from({ length: 5000 }, (_, i) => 140_000 + i)], 'plain');
    for (const length of [0, 7, 12, 20, 30, whole.length - 1])
      expect(() => readRoaring(whole.subarray(0, length))).toThrow(RangeError);
    const high = Buffer.from(roaring([1], 'plain'));
    high.writeUInt32LE(1, 8);
    expect(() => readRoaring(high)).toThrow(/rows that no file has/);
  });

  it.each([2, 70])(
    'leaves its rows out of %i files, in queries of any kind, and with partitions',
    async (files) => {
      const folder = await temporaryFolder();
      const { table, store } = await parquetTable(join(folder, 't'), { id: 'long', p: 'string' }, {}, ['p']);
      const adds: AddFile[] = [];
      for (let file = 0; file < files; file++) {
        const path = `f${file}.parquet`;
        await runSql(
          `COPY (SELECT ${file} * 1000 + r AS id FROM range(1000) t(r)) TO '${store.enginePath(path)}' (FORMAT parquet)`,
        );
        const { size } = await stat(store.enginePath(path));
        const rows = Array.from({ length: 1000 }, (_, row) => row).filter((row) => (row + file) % 3 !== 0);
        const deletionVector =
          file % 2 === 0 ? await vectorFile(store.enginePath(`v${file}.bin`), rows) : undefined;
        adds.push({
          path,
          partitionValues: { p: `p${file % 3}` },
          size,
          modificationTime: 1,
          dataChange: true,
          stats: '{"numRecords":1000}',
          ...(deletionVector ? { deletionVector } : {}),
        });
      }
      await table.commit({ operation: 'WRITE', adds, reads: 'nothing' });
      const kept = adds.flatMap(({ deletionVector }, file) =>
        Array.from({ length: 1000 }, (_, row) => row)
          .filter((row) => !deletionVector || (row + file) % 3 === 0)
          .map((row) => [file, row] as const),
      );
      const total = kept.reduce((sum, [file, row]) => sum + file * 1000 + row, 0);
      for (const sql of [
        'SELECT count(*)::INT, sum(id)::INT FROM t',
        'SELECT count(*)::INT, sum(t.id)::INT FROM t JOIN t u USING (id)',
      ]) {
        const session = await openSession({ lake: folder, memoryBytes: 2 ** 28, sql });
        expect((await session.connection.runAndReadAll(sql)).getRows()).toEqual([[kept.length, total]]);
        const first = await session.connection.runAndReadAll(
          "SELECT id::INT FROM t WHERE p = 'p0' ORDER BY id LIMIT 3",
        );
        expect(first.getRows().flat()).toEqual([0, 3, 6]);
        await session.close();
      }
      expect(
        (
          await verifyTable(
            await DeltaTable.open(store, { checkpoints: PARQUET_CHECKPOINTS }),
            new AbortController().signal,
          )
        ).filter(({ severity }) => severity === 'damage'),
      ).toEqual([]);
    },
  );

  it('outside of a table is read where the user has named the table, and nowhere else', async () => {
    const folder = await temporaryFolder();
    const { table, store, add } = await parquetTable(join(folder, 'lake', 't'), { id: 'long' });
    const path = await add('SELECT * FROM range(4) r(id)');
    await mkdir(join(folder, 'source'));
    await rename(store.enginePath(path), join(folder, 'source', path));
    const deletionVector = await vectorFile(join(folder, 'source', 'v.bin'), [0, 3]);
    const { size } = await stat(join(folder, 'source', path));
    await table.commit({
      operation: 'CLONE',
      removes: [{ path, dataChange: true, deletionTimestamp: 1 }],
      adds: [
        {
          path: `file://${join(folder, 'source', path)}`,
          partitionValues: {},
          size,
          modificationTime: 1,
          dataChange: true,
          deletionVector,
        },
      ],
      reads: 'nothing',
    });
    const sql = 'SELECT list(id::INT ORDER BY id) FROM x';
    const mounts = [`x=${store.location}`];
    const session = await openSession({ lake: join(folder, 'lake'), mounts, memoryBytes: 2 ** 28, sql });
    expect((await session.connection.runAndReadAll(sql)).getRowsJson()).toEqual([[[1, 2]]]);
    await session.close();
    await expect(
      openSession({ lake: join(folder, 'lake'), memoryBytes: 2 ** 28, sql: 'SELECT * FROM t' }),
    ).rejects.toMatchObject({ code: 'TABLE_DAMAGED' });
    expect(new LocalStore(store.location).location).toBe(store.location);
  });
});
