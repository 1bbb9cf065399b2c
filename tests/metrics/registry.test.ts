import { describe, expect, it } from 'vitest';
import { serveMetrics } from '../../src/metrics/metrics-server.ts';
import { processMetrics } from '../../src/metrics/process-metrics.ts';
import { Registry } from '../../src/metrics/registry.ts';

/** A line of a sample in the text format. */
const SAMPLE = /^crypto_lake_[a-z0-9_]+(\{([a-z_]+="(\\.|[^"\\\n])*",?)+\})? (NaN|[+-]Inf|-?[\d.e+-]+)$/;

describe('the registry', () => {
  it('writes the text format, whatever stands in labels', async () => {
    const registry = new Registry();
    const counter = registry.counter('things_total', 'Things\nof all kinds \\');
    counter.add();
    counter.add(2, { kind: 'a"b\\c\nd' });
    registry.gauge('empty', 'Nothing');
    const gauge = registry.gauge('level', 'Level');
    gauge.set(Number.POSITIVE_INFINITY);
    const text = await registry.text();
    expect(text).toBe(
      [
        '# HELP crypto_lake_things_total Things\\nof all kinds \\\\',
        '# TYPE crypto_lake_things_total counter',
        'crypto_lake_things_total 1',
        'crypto_lake_things_total{kind="a\\"b\\\\c\\nd"} 2',
        '# HELP crypto_lake_level Level',
        '# TYPE crypto_lake_level gauge',
        'crypto_lake_level +Inf',
        '',
      ].join('\n'),
    );
    for (const line of text.split('\n').filter((one) => one && !one.startsWith('#')))
      expect(line).toMatch(SAMPLE);
  });

  it('counts histograms cumulatively', async () => {
    const registry = new Registry();
    const histogram = registry.histogram('seconds', 'Time', [1, 2]);
    for (const value of [0.5, 1, 1.5, 99]) histogram.observe(value, { route: '/' });
    expect(await registry.text()).toContain(
      [
        'crypto_lake_seconds_bucket{route="/",le="1"} 2',
        'crypto_lake_seconds_bucket{route="/",le="2"} 3',
        'crypto_lake_seconds_bucket{route="/",le="+Inf"} 4',
        'crypto_lake_seconds_sum{route="/"} 102',
        'crypto_lake_seconds_count{route="/"} 4',
      ].join('\n'),
    );
  });

  it('does not grow with what comes from outside', async () => {
    const registry = new Registry();
    const counter = registry.counter('requests_total', 'Requests');
    for (let i = 0; i < 10_000; i++) counter.add(1, { route: `/${i}` });
    const lines = (await registry.text()).split('\n');
    expect(lines.length).toBeLessThan(210);
    expect(lines).toContain('crypto_lake_requests_total{route="other"} 9800');
  });

  it('forgets what is read at each scrape and is no longer there', async () => {
    const registry = new Registry();
    const gauge = registry.gauge('age', 'Age', false);
    let sources = ['a', 'b'];
    registry.onScrape(() => {
      for (const source of sources) gauge.set(1, { source });
    });
    await registry.text();
    sources = ['b'];
    expect(await registry.text()).not.toContain('source="a"');
  });
});

describe('--metrics', () => {
  it('serves the process to this machine, and nothing else', async () => {
    const registry = new Registry();
    processMetrics(registry, 'test');
    const server = await serveMetrics('127.0.0.1:0', registry);
    try {
      const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
      expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      const text = await answer.text();
      for (const name of [
        'process_resident_memory_bytes',
        'event_loop_lag_seconds',
        'process_cpu_seconds_total',
      ])
        expect(text).toContain(`\ncrypto_lake_${name}`);
      expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(404);
    } finally {
      await server.close();
    }
  });

  it.each(['nonsense', '127.0.0.1', 'a b:1', ':99999'])('refuses %j', async (address) => {
    await expect(serveMetrics(address, new Registry())).rejects.toMatchObject({ code: 'USAGE' });
  });
});
