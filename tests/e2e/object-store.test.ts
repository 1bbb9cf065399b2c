import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LAKE, place, rows } from '../support/lake-on-s3.ts';
import { run } from '../support/program.ts';
import { smallLake } from '../support/small-lake.ts';

describe('a lake on S3', () => {
  it('needs a spool on this machine, keys, and a store that is there; it says which, and nothing of the keys', async () => {
    const { env } = await place();
    const { CRYPTO_LAKE_SPOOL: _, ...noSpool } = env;
    const cases: [Record<string, string>, string[], RegExp][] = [
      [{ ...noSpool, CRYPTO_LAKE_SPOOL: '' }, ['once'], /CONFIG_INVALID[\s\S]*CRYPTO_LAKE_SPOOL=/],
      [{ ...env, AWS_ACCESS_KEY_ID: '' }, ['tables'], /no keys for the object store[\s\S]*AWS_ACCESS_KEY_ID/],
      [{ ...env, AWS_ACCESS_KEY_ID: 'OTHERKEY1' }, ['tables'], /STORE_REFUSED[\s\S]*AWS_ACCESS_KEY_ID/],
      [{ ...env, AWS_ENDPOINT_URL: 'http://user:pass-word@127.0.0.1:1' }, ['tables'], /CONFIG_INVALID/],
      [{ ...env, CRYPTO_LAKE_DIR: 's3://no-such-bucket/x' }, ['tables'], /NoSuchBucket/],
      [{ ...env, CRYPTO_LAKE_DIR: 's3://UPPER/x' }, ['tables'], /is no place on an object store/],
    ];
    for (const [environment, args, message] of cases) {
      const { code, stdout, stderr } = await run(args, { env: environment });
      expect(code).not.toBe(0);
      expect(stderr).toMatch(message);
      expect(stdout + stderr).not.toMatch(/fake-secret|pass-word|OTHERKEY1| at .*\.js/);
    }
    const { stdout } = await run(['config', '--json'], { env });
    expect(stdout).not.toContain('fake-secret');
  }, 60_000);

  it('shows no key to SQL, and lets it open nothing but planned files', async () => {
    const { env, folder } = await place();
    await smallLake(join(folder, 'local'));
    expect((await run(['copy', '--from', join(folder, 'local'), '--to', LAKE], { env })).code).toBe(0);
    const questions = [
      'SELECT * FROM duckdb_secrets()',
      `FROM which_secret('${LAKE}/prices/x', 's3')`,
      "SELECT getenv('AWS_SECRET_ACCESS_KEY')",
      `SELECT * FROM read_parquet('${LAKE}/prices/*.parquet'), prices`,
      `SELECT * FROM read_text('${LAKE}/x?s3_endpoint=127.0.0.1:1&s3_use_ssl=false'), prices`,
      `SELECT * FROM glob('${folder}/**'), prices`,
      `SELECT * FROM read_text('/etc/hostname'), prices`,
    ];
    for (const sql of questions) {
      const { code, stdout, stderr } = await run(['read', '--sql', sql], { env });
      expect([sql, code]).toEqual([sql, 2]);
      expect(stdout + stderr).not.toMatch(/FAKEKEYID|fake-secret/);
    }
    const sql =
      "SELECT name, value FROM duckdb_settings() WHERE value LIKE '%FAKEKEY%' OR value LIKE '%fake-secret%'";
    expect(await rows(env, sql)).toEqual([]);
  }, 60_000);
});
