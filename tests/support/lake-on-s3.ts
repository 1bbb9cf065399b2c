/** A lake on an object store in memory, with what the program needs of its environment. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { fakeS3 } from './fake-s3.ts';
import { run } from './program.ts';

export const LAKE = 's3://lake/my lake=1';

export async function place() {
  const server = await fakeS3();
  const folder = await mkdtemp(join(tmpdir(), 'crypto-lake-on-s3-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const env = {
    ...server.env,
    CRYPTO_LAKE_DIR: LAKE,
    CRYPTO_LAKE_SPOOL: join(folder, 'spool'),
    CRYPTO_LAKE_CACHE: join(folder, 'cache'),
    HOME: folder,
    LOG_TO_FILE: 'false',
  };
  return { server, folder, env };
}

export async function rows(env: Record<string, string>, sql: string, ...more: string[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await run(['read', '--sql', sql, '--format', 'ndjson', ...more], { env });
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}
