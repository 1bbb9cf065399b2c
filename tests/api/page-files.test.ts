import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { PAGE_FOLDER } from '../../src/base/program-file.ts';

const MAX_GZIPPED_BYTES = 250_000;

it('the page is at most 250 kB on the wire, asks no other server for a script, and keeps the attribution of its charts', async () => {
  const files = await Promise.all(
    (await readdir(PAGE_FOLDER)).map((name) => readFile(join(PAGE_FOLDER, name))),
  );
  const bytes = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
  expect(bytes).toBeGreaterThan(20_000);
  expect(bytes).toBeLessThanOrEqual(MAX_GZIPPED_BYTES);
  const text = files.join('\n');
  expect(text).not.toMatch(/(?:src|href)="https?:|@import|import\(["']https?:/);
  expect(text).toContain('tradingview.com');
});
