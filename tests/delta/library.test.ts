import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const FOLDER = 'src/delta';
/** What may be imported from where; others import nothing but each other and errors. */
const ALLOWED: Readonly<Record<string, RegExp>> = {
  // A table on a disk.
  'store/local-store.ts': /^node:(fs|fs\/promises|path)$/,
  // A table on an object store, and copies of it on this machine.
  'store/s3-store.ts': /^node:(fs\/promises|os|path)$/,
  'store/s3/s3-client.ts': /^(aws4fetch|node:(http|stream\/consumers))$/,
  'store/s3/http-connections.ts': /^(https-proxy-agent|node:https?)$/,
  'store/s3/upload-file.ts': /^node:fs\/promises$/,
  'store/s3/download-file.ts': /^node:fs\/promises$/,
  'store/s3/file-cache.ts': /^node:(fs\/promises|path)$/,
};
const PACKAGES = /^(json-custom-numbers|node:(crypto|path|timers\/promises|url|zlib))$/;
const OURS =
  /^src\/(delta\/.*|base\/(durable\/.*|back-off|each-at-once|errors|printable|scratch-folder|size))\.ts$/;

it('the Delta library knows no exchange, no query, no Parquet engine, no terminal, and no file system outside of its store', async () => {
  const strangers: string[] = [];
  const files = (await readdir(FOLDER, { recursive: true })).filter((file) => file.endsWith('.ts'));
  for (const file of files) {
    const text = await readFile(join(FOLDER, file), 'utf8');
    const imported = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) => name);
    for (const name of imported) {
      const allowed = name.startsWith('.')
        ? OURS.test(join(FOLDER, dirname(file), name))
        : PACKAGES.test(name) || ALLOWED[file]?.test(name);
      if (!allowed) strangers.push(`${file}: ${name}`);
    }
    if (/`crypto-lake |process\.(stdout|stderr|argv|env)|console\./.test(text))
      strangers.push(`${file} speaks to a terminal`);
    if (/duckdb|hyparquet|polars/i.test(text)) strangers.push(`${file} names an engine`);
  }
  expect(files.length).toBeGreaterThan(30);
  expect(strangers).toEqual([]);
});
