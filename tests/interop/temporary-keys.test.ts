import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MINUTE_US } from '../../src/lake/timeframe.ts';
import { storeBars, walk } from '../support/bars.ts';
import { freePort } from '../support/free-port.ts';
import { httpServer } from '../support/http-server.ts';
import { LAKE, place, rows } from '../support/lake-on-s3.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { eventually, exchangeAt, run, start } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const HTTPFS = process.env.CRYPTO_LAKE_TEST_HTTPFS || undefined;
const LIVES_MS = 1500;

/** A lake on a store that takes keys for a second and a half, and a container's service that hands them out. */
async function shortLivedKeys() {
  const { server, folder, env } = await place();
  const ours = server.env.AWS_ACCESS_KEY_ID ?? '';
  const local = join(folder, 'local');
  const copy = async () => {
    expect(await run(['copy', '--from', local, '--to', LAKE], { env })).toMatchObject({ code: 0 });
  };
  const endsMs = new Map<string, number>();
  const used = new Set<string>();
  server.isGoodKey = (id) => {
    used.add(id);
    return id === ours || Date.now() < (endsMs.get(id) ?? 0);
  };
  const keys = await httpServer((_, response) => {
    const id = `TEMPORARY${endsMs.size}`;
    endsMs.set(id, Date.now() + LIVES_MS);
    const Expiration = new Date(Date.now() + LIVES_MS).toISOString();
    response.end(JSON.stringify({ AccessKeyId: id, SecretAccessKey: 'secret', Token: 'token', Expiration }));
  });
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...rest }: Record<string, string> = env;
  const temporary = { ...rest, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${keys.url}/keys` };
  return { server, local, copy, env, temporary, used };
}

const WAYS: [string, Record<string, string>][] = [['whole files', {}]];
if (HTTPFS !== undefined) WAYS.push(['byte ranges', { CRYPTO_LAKE_HTTPFS: HTTPFS }]);

describe('keys that end after a second and a half', () => {
  it.each(WAYS)('are renewed while `serve` reads %s', async (_, httpfs) => {
    const { server, local, copy, temporary, used } = await shortLivedKeys();
    const ticks = await parquetTable(join(local, 'ticks'), { id: 'long', a: 'string', b: 'string' });
    await ticks.add('SELECT i AS id, md5(i::VARCHAR) AS a, md5((-i)::VARCHAR) AS b FROM range(100000) t(i)');
    await copy();
    const port = await freePort();
    const serving = start(['serve', '--port', String(port)], { env: { ...temporary, ...httpfs } });
    const url = `http://127.0.0.1:${port}`;
    await eventually('the server', () =>
      fetch(`${url}/health`).then(
        () => true,
        () => false,
      ),
    );
    server.requests.length = 0;
    used.clear();
    // Each asks for what was not asked for before.
    for (const column of ['id', 'a', 'b']) {
      const answer = await fetch(`${url}/sql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sql: `SELECT count(DISTINCT ${column})::INT AS n FROM ticks` }),
      });
      expect([answer.status, JSON.stringify(await answer.json())]).toEqual([
        200,
        expect.stringContaining('100000'),
      ]);
      await sleep(LIVES_MS + 200);
    }
    expect(server.requests.filter((request) => /\.parquet$/.test(request)).length).toBeGreaterThan(0);
    expect(used.size).toBeGreaterThan(1);
    serving.kill('SIGTERM');
    expect((await serving.finished).code).toBe(0);
  });

  it('are renewed while a collector stores and `derive --follow` derives', async () => {
    const { server, local, copy, env, temporary, used } = await shortLivedKeys();
    const fromUs = Math.floor((Date.now() * 1000) / MINUTE_US) * MINUTE_US - 200 * MINUTE_US;
    const bars = walk(190, { seed: 1, fromUs });
    await storeBars(local, bars.slice(0, 100));
    await copy();
    const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 20 });
    const collector = start(['liquidations'], {
      env: { ...temporary, ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '1s' },
    });
    const following = start(['derive', '--follow', '--timeframe', '5m'], { env: temporary });
    const versionOf = (table: string) =>
      [...server.objects.keys()].filter((key) => key.includes(`/${table}/_delta_log/`)).length;
    await eventually('the first rows', () => versionOf('bars_rollup') > 1 && versionOf('liquidation') > 2);
    const before = { rollup: versionOf('bars_rollup'), orders: versionOf('liquidation') };
    await sleep(2 * LIVES_MS);
    used.clear();
    await storeBars(local, bars.slice(100));
    await copy();
    await eventually(
      'more rows',
      () => versionOf('bars_rollup') > before.rollup && versionOf('liquidation') > before.orders + 2,
      60_000,
    );
    expect(used.size).toBeGreaterThan(2);
    for (const one of [following, collector]) {
      one.kill('SIGTERM');
      expect((await one.finished).code).toBe(0);
    }
    const [found] = await rows(env, 'SELECT count(*)::INT AS n FROM bars_rollup');
    expect(found).toEqual({ n: expect.toSatisfy((n: number) => n >= 36) });
  });
});
