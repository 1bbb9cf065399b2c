/** A real Prometheus scrapes a running `up`: every query of every board and alert gives data. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { liveClient } from '../support/live-client.ts';
import { eventually, exchangeAt, start, temporaryFolder } from '../support/program.ts';
import { servedLake } from '../support/served-lake.ts';
import { simulatorFor } from '../support/simulator.ts';

const run = promisify(execFile);
const isThere =
  spawnSync('prometheus', ['--version']).status === 0 && spawnSync('promtool', ['--version']).status === 0;
const HOUR_MS = 3_600_000;

/** What only trouble brings about: checked for being declared, not for having a value. */
const OF_TROUBLE = ['rest_banned_seconds', 'polls_failed', 'unproven_spans', 'table="models"'];

async function expressions(): Promise<string[]> {
  const folder = 'deploy/grafana';
  const found: string[] = [];
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.json'))) {
    const { panels } = JSON.parse(await readFile(join(folder, name), 'utf8')) as {
      panels: { targets: { expr: string }[] }[];
    };
    found.push(...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)));
  }
  const alerts = await readFile('deploy/prometheus/alerts.yml', 'utf8');
  // What is compared must have a value; whether it is too much is the alert's business.
  found.push(...[...alerts.matchAll(/expr: (.*?) (?:==|<|>) /g)].map(([, expr = '']) => expr));
  return found;
}

// Debian: `apt-get install prometheus`.
describe.skipIf(!isThere)('Prometheus', () => {
  it('finds the rules and the metrics clean, and data for every query', async () => {
    const lake = await temporaryFolder();
    await servedLake(lake, Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 6 * HOUR_MS);
    const simulator = await simulatorFor({ framesPerSecond: 20 });
    const served = await freePort();
    const url = `http://127.0.0.1:${served}`;
    const up = start(
      ['up', '--services', 'liquidations,prices,serve', '--port', String(served), '--lake', lake],
      {
        env: {
          ...exchangeAt(simulator),
          CRYPTO_LAKE_PRICES_INTERVAL: '2s',
          CRYPTO_LAKE_FLUSH: '2s',
          CRYPTO_LAKE_UPKEEP: 'on',
          LOG_LEVEL: 'warn',
        },
      },
    );
    await eventually('`up` answers', async () => (await fetch(url).catch(() => undefined))?.ok, 60_000);
    const live = await liveClient(url);
    live.send({ type: 'subscribe', channel: 'liquidations' });
    await run('promtool', ['check', 'rules', resolve('deploy/prometheus/alerts.yml')]);
    const config = (await readFile('deploy/prometheus/prometheus.yml', 'utf8'))
      .replace('127.0.0.1:8000', `127.0.0.1:${served}`)
      .replace('15s', '1s');
    await writeFile(
      join(lake, '_prometheus.yml'),
      config.replace('alerts.yml', resolve('deploy/prometheus/alerts.yml')),
    );
    await run('promtool', ['check', 'config', join(lake, '_prometheus.yml')]);
    await mkdir(join(lake, '_data'));
    const port = 30_000 + (process.pid % 20_000);
    const prometheus = spawn(
      'prometheus',
      [
        `--config.file=${join(lake, '_prometheus.yml')}`,
        `--storage.tsdb.path=${join(lake, '_data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    onTestFinished(() => void prometheus.kill('SIGKILL'));
    const query = async (expr: string): Promise<unknown[]> => {
      const answer = await fetch(
        `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expr)}`,
      ).catch(() => undefined);
      const { status, data, error } = ((await answer?.json().catch(() => undefined)) ?? {}) as {
        status?: string;
        data?: { result: unknown[] };
        error?: string;
      };
      if (status === 'error') throw new Error(`${expr}: ${error}`);
      return data?.result ?? [];
    };
    await eventually(
      'a scrape',
      async () => (await query('crypto_lake_collector_up == 1')).length > 0,
      60_000,
    );
    await fetch(`${url}/nowhere`);
    for (let i = 0; i < 6; i++) {
      await (await fetch(`${url}/bars/BTCUSDT`)).arrayBuffer();
      await new Promise((done) => setTimeout(done, 1100));
    }
    const empty: string[] = [];
    for (const expr of new Set(await expressions())) {
      if (OF_TROUBLE.some((name) => expr.includes(name))) continue;
      const found = await eventually(expr, async () => (await query(expr)).length > 0, 20_000).catch(
        () => false,
      );
      if (!found) empty.push(expr);
    }
    expect(empty).toEqual([]);
    const text = await (await fetch(`${url}/metrics`)).text();
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect([checked.status, checked.stderr]).toEqual([0, '']);
    // Its children write into the lake until they end.
    up.kill('SIGTERM');
    await up.finished;
  });
});
