import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { LAKE, place, rows } from '../support/lake-on-s3.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { run, temporaryFolder } from '../support/program.ts';

const ROWS = 1_500_000;
const MB = 1e6;

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []))
    if (entry.isFile())
      bytes += await stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      );
  return bytes;
}

it('compaction without httpfs keeps within its local folder: what cannot is left as it is, and the rest merged', async () => {
  const { server, folder, env } = await place();
  const local = await temporaryFolder();
  const table = await parquetTable(join(local, 'ticks'), { id: 'long', text: 'string' });
  for (const part of [0, 1])
    await table.add(
      `SELECT (i * 7919) % ${ROWS} AS id, md5(i::VARCHAR) AS text FROM range(${(part * ROWS) / 2}, ${((part + 1) * ROWS) / 2}) t(i)`,
    );
  expect((await run(['copy', '--from', local, '--to', LAKE], { env })).code).toBe(0);
  const inputBytes = [...server.objects]
    .filter(([key]) => key.endsWith('.parquet'))
    .reduce((sum, [, { byteLength }]) => sum + byteLength, 0);
  const scratch = join(folder, 'scratch');
  const compact = (sizeMB: number) =>
    run(['compact', '--table', 'ticks', '--all', '--zorder', 'id,text', '--memory', '200MB'], {
      env: { ...env, CRYPTO_LAKE_CACHE_SIZE: `${sizeMB}MB`, CRYPTO_LAKE_HTTPFS: '/none', TMPDIR: scratch },
    });
  await mkdir(scratch);
  const inTable = () => [...server.objects.keys()].filter((key) => !key.includes('/_leases/'));
  const before = inTable();
  const sql = 'SELECT count(*)::INT AS n, sum(hash(t))::VARCHAR AS h FROM ticks t';
  const hash = await rows(env, sql);
  const narrow = await compact(Math.floor((2 * inputBytes) / MB));
  expect([narrow.code, narrow.stderr]).toEqual([
    1,
    expect.stringMatching(/files, old and new, of the partition .* do not fit[\s\S]*CRYPTO_LAKE_CACHE_SIZE/),
  ]);
  expect(inTable()).toEqual(before);
  const boundMB = Math.ceil((2.2 * inputBytes) / MB) + 150;
  let [most, isDone] = [0, false];
  const watching = (async () => {
    while (!isDone) {
      most = Math.max(most, await bytesIn(folder));
      await sleep(20);
    }
  })();
  const wide = await compact(boundMB);
  isDone = true;
  await watching;
  expect([wide.code, wide.stderr]).toEqual([0, expect.not.stringContaining('error')]);
  expect(most).toBeGreaterThan(inputBytes);
  expect(most).toBeLessThanOrEqual(boundMB * MB);
  expect(await rows(env, sql)).toEqual(hash);
}, 120_000);
