import { expect, it } from 'vitest';
import { Registry } from '../../src/metrics/registry.ts';
import { restMetrics } from '../../src/metrics/rest-metrics.ts';
import { childMetrics, upkeepMetrics } from '../../src/metrics/task-metrics.ts';
import { HostCounts } from '../../src/network/http/host-counts.ts';

it('requests are counted by host and status, also those without an answer', async () => {
  const counts = new HostCounts();
  const url = 'https://api.example/v3/klines?symbol=BTCUSDT';
  await counts.of(url, Promise.resolve({ status: 200 }));
  await counts.of(url, Promise.resolve({ status: 429 }));
  await counts.of(url, Promise.resolve({ status: 200 }));
  await expect(counts.of(url, Promise.reject(new Error('cut')))).rejects.toThrow('cut');
  const registry = new Registry();
  restMetrics(registry, [{ counts, usedWeight: () => ({ used: 40, limit: 6000 }) }]);
  const text = await registry.text();
  for (const line of [
    'rest_requests_total{host="api.example",status="200"} 2',
    'rest_requests_total{host="api.example",status="429"} 1',
    'rest_requests_total{host="api.example",status="none"} 1',
    'rest_weight_used{host="api.example"} 40',
    'rest_weight_limit{host="api.example"} 6000',
  ])
    expect(text).toContain(`crypto_lake_${line}\n`);
  expect(text).not.toContain('BTCUSDT');
});

it('a supervisor tells of its children and of its upkeep', async () => {
  const registry = new Registry();
  childMetrics(registry, [
    { name: 'serve', isUp: true, starts: 1 },
    { name: 'prices', isUp: false, starts: 4 },
  ]);
  upkeepMetrics(registry, [{ name: 'backup', counts: { done: 2, failed: 1, seconds: 3.5 } }]);
  const text = await registry.text();
  for (const line of [
    'service_up{service="serve"} 1',
    'service_up{service="prices"} 0',
    'service_starts_total{service="prices"} 4',
    'upkeep_runs_total{task="backup",outcome="done"} 2',
    'upkeep_runs_total{task="backup",outcome="failed"} 1',
    'upkeep_seconds_total{task="backup"} 3.5',
  ])
    expect(text).toContain(`crypto_lake_${line}\n`);
});
