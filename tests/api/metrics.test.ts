import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { apiServer } from '../support/api-server.ts';
import { eventually, temporaryFolder } from '../support/program.ts';
import { servedLake } from '../support/served-lake.ts';

it('/metrics tells of the server and of the tables, by route and never by symbol', async () => {
  const lake = await temporaryFolder();
  await servedLake(lake);
  const api = await apiServer(lake);
  try {
    await api.json('/bars/BTCUSDT?limit=5');
    await api.json('/bars/BTCUSDT?limit=5');
    await api.get('/nowhere/at/all');
    const text = await (await api.get('/metrics')).text();
    expect(text).toContain(
      'crypto_lake_http_requests_total{route="/bars/:symbol",method="GET",status="200"} 2',
    );
    expect(text).toContain('crypto_lake_answers_total{cache="hit"} 1');
    expect(text).toContain('crypto_lake_table_rows{table="bars_1m"} 907');
    expect(text).toContain('crypto_lake_http_requests_total{route="none",method="GET",status="404"} 1');
    expect(text).not.toContain('BTCUSDT');
  } finally {
    await api.close();
  }
});

it('/metrics forgets requests whose clients went away before the end', async () => {
  const lake = await temporaryFolder();
  await servedLake(lake);
  const api = await apiServer(lake);
  try {
    for (let i = 0; i < 5; i++) {
      const stop = new AbortController();
      const events = fetch(`${api.url}/events?channel=quality`, { signal: stop.signal });
      if (i % 2 === 0) await events;
      stop.abort();
      await events.catch(() => undefined);
    }
    await eventually('only the scrape runs', async () =>
      (await (await api.get('/metrics')).text()).includes('crypto_lake_http_requests_running 1\n'),
    );
  } finally {
    await api.close();
  }
});

it('boards and alerts ask only for metrics that the program has', async () => {
  const sources = [
    ...(await readdir('src/metrics')).map((name) => join('src/metrics', name)),
    'src/api/api-metrics.ts',
  ];
  const code = (await Promise.all(sources.map((file) => readFile(file, 'utf8')))).join('\n');
  const declared = new Set(
    [...code.matchAll(/(?:counter|gauge|readCounter|histogram)\(\s*'([a-z_]+)'/g)].map(([, name]) => name),
  );
  const deployed = [
    'deploy/prometheus/alerts.yml',
    ...(await readdir('deploy/grafana'))
      .filter((name) => name.endsWith('.json'))
      .map((name) => join('deploy/grafana', name)),
  ];
  for (const file of deployed) {
    const asked = [...(await readFile(file, 'utf8')).matchAll(/crypto_lake_([a-z_]+)/g)].map(
      ([, name = '']) => name.replace(/_(bucket|sum|count)$/, ''),
    );
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !declared.has(name))).toEqual([]);
  }
  expect(declared.size).toBeGreaterThanOrEqual(80);
});
