import { describe, expect, it } from 'vitest';
import { MINUTE_US } from '../../src/lake/timeframe.ts';
import { storeBars, walk } from '../support/bars.ts';
import type { FaultMode } from '../support/fake-s3.ts';
import { freePort } from '../support/free-port.ts';
import { LAKE, place, rows } from '../support/lake-on-s3.ts';
import { eventually, exchangeAt, run, start } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const AWAY_MS = 5000;

type Child = ReturnType<typeof start>;

/** What a program has said so far. */
function wordsOf(child: Child): () => string {
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      words += chunk.toString();
    });
  return () => words;
}

async function collectedLake() {
  const { server, env, folder } = await place();
  const simulator = await simulatorFor({ framesPerSecond: 20 });
  const all = { ...env, ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '1s' };
  const lose = (mode: FaultMode) => void server.faults.push({ mode, times: Number.POSITIVE_INFINITY });
  const bringBack = () => void server.faults.splice(0);
  const commits = (table: string) =>
    [...server.objects.keys()].filter((name) => name.includes(`/${table}/_delta_log/`)).length;
  return { server, env: all, folder, simulator, lose, bringBack, commits };
}

async function expectAllStored(
  { simulator, env }: Awaited<ReturnType<typeof collectedLake>>,
  sql = 'SELECT count(*)::INT AS n, count(DISTINCT (market, symbol, side, trade_time, quantity, price, average_price, filled_quantity))::INT AS d FROM liquidation',
) {
  const confirmed = simulator.truth().liquidations.filter(({ isConfirmed }) => isConfirmed).length;
  const [counted] = (await rows(env, sql)) as { n: number; d: number }[];
  expect(counted?.n).toBe(counted?.d);
  expect(counted?.n).toBeGreaterThanOrEqual(confirmed);
  expect(confirmed).toBeGreaterThan(0);
}

describe('an object store that is away', () => {
  it('is waited for by all that runs: nothing ends, nothing is lost, and the server says why it has no answer', async () => {
    const lake = await collectedLake();
    const { env, simulator, lose, bringBack, commits } = lake;
    const port = await freePort();
    const up = start(['up'], {
      env: {
        ...env,
        CRYPTO_LAKE_PORT: String(port),
        CRYPTO_LAKE_UP: 'liquidations,prices,bars,trades,derive,serve',
        CRYPTO_LAKE_PRICES_INTERVAL: '2s',
        CRYPTO_LAKE_UPKEEP: 'on',
        CRYPTO_LAKE_UPKEEP_INTERVAL: '3s',
        LOG_LEVEL: 'trace',
      },
    });
    const said = wordsOf(up);
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    const tables = ['liquidation', 'prices', 'trades', 'symbols', 'coverage'];
    await eventually('all of them store', () => tables.every((table) => commits(table) >= 2), 60_000);
    await eventually(
      'the server answers',
      async () => (await ask('/liquidations?limit=1'))?.status === 200,
      60_000,
    );
    for (const mode of ['reset-before', '503-before'] as const) {
      const before = Object.fromEntries(tables.map((table) => [table, commits(table)]));
      lose(mode);
      const refusal = await eventually('a refusal that says why', async () => {
        const answer = await ask('/liquidations?limit=1');
        return answer?.status === 503 && ((await answer.json()) as unknown);
      });
      expect(refusal).toMatchObject({ code: 'STORE_UNREACHABLE', hint: expect.any(String) });
      await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
      bringBack();
      await eventually(
        'all of them go on',
        () => ['liquidation', 'prices', 'trades'].every((table) => commits(table) > (before[table] ?? 0)),
        60_000,
      );
      await eventually(
        'the server answers',
        async () => (await ask('/liquidations?limit=1'))?.status === 200,
        30_000,
      );
    }
    await simulator.confirm();
    up.kill('SIGTERM');
    expect((await up.finished).code).toBe(0);
    expect(said()).toContain('capture goes on in the spool');
    expect(said()).not.toMatch(/FAKEKEYID|fake-secret|AWS4-HMAC/);
    expect(said().match(/^.*(failed: |ended: |no longer filled).*$/gm) ?? []).toEqual([]);
    await expectAllStored(lake);
  }, 180_000);

  it('keeps `derive --follow` waiting: it says so once, and goes on', async () => {
    const { env, lose, bringBack } = await collectedLake();
    const fromUs = Math.floor((Date.now() * 1000) / MINUTE_US) * MINUTE_US - 400 * MINUTE_US;
    const bars = walk(400, { fromUs });
    const { CRYPTO_LAKE_DIR: _, ...onDisk } = env;
    const local = `${env.HOME}/local`;
    await storeBars(local, bars);
    const copy = () => run(['copy', '--from', local, '--to', LAKE], { env: onDisk });
    expect((await copy()).code).toBe(0);
    const following = start(['derive', '--follow', '--timeframe', '5m'], { env });
    const said = wordsOf(following);
    await eventually('the first run', () => said().includes('bars_rollup: '), 30_000);
    lose('503-before');
    await eventually('it says so', () => /it is tried again\n$/.test(said()), 30_000);
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    bringBack();
    await eventually('it goes on', () => /derive goes on\n[^\n]*$/.test(said()), 60_000);
    expect(said().match(/it is tried again/g)).toHaveLength(1);
    following.kill('SIGTERM');
    expect((await following.finished).code).toBe(0);
  }, 180_000);

  it.each(['liquidations', 'prices', 'bars'])(
    'does not keep `%s` from beginning, and what was received meanwhile is stored later',
    async (command) => {
      const { env, lose, bringBack, commits } = await collectedLake();
      lose('503-before');
      const args = command === 'bars' ? [command, '--symbols', 'BTCUSDT'] : [command];
      const collector = start(args, { env: { ...env, CRYPTO_LAKE_PRICES_INTERVAL: '2s' } });
      const said = wordsOf(collector);
      await eventually('it is said', () => said().includes('capture goes on in the spool'), 40_000);
      bringBack();
      await eventually('it is stored', () => commits('coverage') >= 2, 60_000);
      collector.kill('SIGTERM');
      expect((await collector.finished).code).toBe(0);
      expect(said()).not.toMatch(/failed: /);
    },
    120_000,
  );
});

describe('an object store that accepts requests and never answers', () => {
  it('does not keep a collector from ending within 20 s of SIGTERM; what it had is stored by the next one', async () => {
    const lake = await collectedLake();
    const { env, simulator, lose, bringBack, commits } = lake;
    const collector = start(['liquidations'], { env });
    await eventually('a commit', () => commits('liquidation') >= 2, 40_000);
    lose('hang-after');
    await eventually('orders that are not stored', () => simulator.stats().distinctOrders > 60, 40_000);
    await simulator.confirm();
    const stoppedMs = performance.now();
    collector.kill('SIGTERM');
    expect(await collector.finished).toMatchObject({ code: 0, signal: null });
    expect(performance.now() - stoppedMs).toBeLessThan(25_000);
    bringBack();
    const next = start(['liquidations'], { env });
    const before = commits('liquidation');
    await eventually('it is stored', () => commits('liquidation') > before + 1, 40_000);
    next.kill('SIGTERM');
    expect((await next.finished).code).toBe(0);
    await expectAllStored(lake);
  }, 120_000);

  it('does not keep what reads, and what derives, from ending either', async () => {
    const { env, lose } = await collectedLake();
    expect((await run(['once'], { env })).code).toBe(0);
    lose('hang-after');
    const up = start(['up'], { env: { ...env, CRYPTO_LAKE_UP: 'derive,serve', CRYPTO_LAKE_PORT: '0' } });
    const said = wordsOf(up);
    await eventually('it runs', () => said().includes('serving s3'), 30_000);
    up.kill('SIGTERM');
    expect(await up.finished).toMatchObject({ code: 0, signal: null });
    expect(said()).not.toContain('did not end well');
  }, 90_000);

  it('leaves `once` with its answer in the spool, with the reason', async () => {
    const { env, lose, bringBack } = await collectedLake();
    lose('503-before');
    const { code, stderr } = await run(['once'], { env });
    expect([code, stderr]).toEqual([1, expect.stringContaining('the answer is in the spool')]);
    bringBack();
    expect((await run(['once'], { env })).code).toBe(0);
    expect(await rows(env, 'SELECT count(DISTINCT collected_at)::INT AS n FROM prices')).toEqual([{ n: 2 }]);
  }, 150_000);
});
