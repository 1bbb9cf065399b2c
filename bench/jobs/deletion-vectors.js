import { randomUUID } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { DuckDBInstance, quotedString } from '@duckdb/node-api';
import { measure, PROGRAM } from '../measure.js';

/** Of three million rows two million are deleted, at random, by one vector. */
export default {
  title: 'Count and sum of a table of 3,000,000 rows of which a vector deletes 2,000,000, as a process',
  goals: { s: ['≤ 1.5', '≤ 1.5 ×'], 'peak MiB': '≤ 512' },
  async prepare({ folder, smoke }) {
    const rows = smoke ? 30_000 : 3_000_000;
    const table = join(folder, 'table');
    mkdirSync(join(table, '_delta_log'), { recursive: true });
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(
      `COPY (SELECT range AS id, hash(range)::VARCHAR AS text FROM range(${rows})) TO ${quotedString(join(table, 'a.parquet'))} (FORMAT parquet)`,
    );
    const deleted = Array.from({ length: rows }, (_, row) => row).filter(
      (row) => (row * 2_654_435_761) % 3 !== 0,
    );
    const vector = roaring(deleted);
    const uuid = randomUUID();
    writeFileSync(join(table, `deletion_vector_${uuid}.bin`), vectorFile(vector));
    writeFileSync(
      join(table, '_delta_log', `${'0'.repeat(20)}.json`),
      commit(rows, deleted.length, vector.length, table, uuid),
    );
    return { table, sum: (rows * (rows - 1)) / 2 - deleted.reduce((sum, row) => sum + row, 0) };
  },
  async ours(_, { table, sum }) {
    const sql = 'SELECT count(*) AS n, sum(id)::DOUBLE AS total FROM x';
    const args = [PROGRAM, 'read', '--format', 'json', '--table', `x=${table}`, '--sql', sql];
    return checked(await measure(process.execPath, args, { capture: true }), sum);
  },
  peers: {
    async polars({ python }, { table, sum }) {
      const script = `import sys, polars as pl
d = pl.scan_delta(sys.argv[1]).select(n=pl.len(), total=pl.col("id").cast(pl.Int64).sum().cast(pl.Float64)).collect()
print('[{"n": %d, "total": %r}]' % d.row(0))`;
      return checked(await measure(python, ['-c', script, table], { capture: true }), sum);
    },
  },
};

function checked({ seconds, peakMiB, stdout }, sum) {
  const [{ total }] = JSON.parse(stdout);
  if (total !== sum) throw new Error(`the sum is ${total} instead of ${sum}`);
  return { s: seconds, 'peak MiB': peakMiB };
}

/** The portable format of Roaring bitmaps with 64-bit keys, of containers that are bitmaps. */
function roaring(rows) {
  const containers = new Map();
  for (const row of rows) {
    const key = row >>> 16;
    if (!containers.has(key)) containers.set(key, { bits: Buffer.alloc(8192), count: 0 });
    const one = containers.get(key);
    one.bits[(row & 65_535) >> 3] |= 1 << (row & 7);
    one.count++;
  }
  const head = Buffer.alloc(20 + 8 + containers.size * 8);
  head.writeUInt32LE(1_681_511_377, 0);
  head.writeBigUInt64LE(1n, 4);
  head.writeUInt32LE(12_346, 16);
  head.writeUInt32LE(containers.size, 20);
  let at = 24;
  for (const [key, { count }] of containers) {
    head.writeUInt16LE(key, at);
    head.writeUInt16LE(count - 1, at + 2);
    at += 4;
  }
  // Offsets are from the cookie on.
  for (let index = 0; index < containers.size; index++, at += 4)
    head.writeUInt32LE(8 + containers.size * 8 + index * 8192, at);
  return Buffer.concat([head.subarray(0, at), ...[...containers.values()].map(({ bits }) => bits)]);
}

/** One version byte, then length, bitmap and checksum. Source: Delta protocol, "Deletion Vector Format". */
function vectorFile(bitmap) {
  const file = Buffer.alloc(1 + 4 + bitmap.length + 4);
  file[0] = 1;
  file.writeInt32BE(bitmap.length, 1);
  bitmap.copy(file, 5);
  file.writeUInt32BE(crc32(bitmap), 5 + bitmap.length);
  return file;
}

function commit(numRecords, cardinality, sizeInBytes, table, uuid) {
  const fields = [
    ['id', 'long'],
    ['text', 'string'],
  ].map(([name, type]) => ({ name, type, nullable: true, metadata: {} }));
  const features = ['deletionVectors'];
  const pathOrInlineDv = z85(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
  const add = {
    path: 'a.parquet',
    partitionValues: {},
    size: statSync(join(table, 'a.parquet')).size,
    modificationTime: 0,
    dataChange: true,
    stats: JSON.stringify({ numRecords }),
    deletionVector: { storageType: 'u', pathOrInlineDv, offset: 1, sizeInBytes, cardinality },
  };
  return [
    {
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: features,
        writerFeatures: features,
      },
    },
    {
      metaData: {
        id: randomUUID(),
        format: { provider: 'parquet', options: {} },
        schemaString: JSON.stringify({ type: 'struct', fields }),
        partitionColumns: [],
        configuration: {},
        createdTime: 0,
      },
    },
    { add },
  ]
    .map((action) => `${JSON.stringify(action)}\n`)
    .join('');
}

function z85(bytes) {
  const digits = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
  let text = '';
  for (let at = 0; at < bytes.length; at += 4)
    for (let power = 85 ** 4; power >= 1; power /= 85)
      text += digits[Math.floor(bytes.readUInt32BE(at) / power) % 85];
  return text;
}
