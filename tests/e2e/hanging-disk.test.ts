import { execFileSync } from 'node:child_process';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, exchangeAt, query, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const EXCHANGE = { market: 'steady', framesPerSecond: 50 } as const;

/** A collector whose storing thread reads a pipe that nobody writes to: the disk that does not answer. */
async function hangingCollector() {
  const simulator = await simulatorFor(EXCHANGE);
  const lake = await temporaryFolder();
  const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '300ms' };
  const collector = start(['liquidations', '--lake', lake], { env });
  const log = join(lake, 'liquidation', '_delta_log');
  const isThere = (version: number) =>
    access(join(log, `${version}.json`.padStart(25, '0'))).then(
      () => true,
      () => false,
    );
  await eventually('there is a table', () => isThere(0));
  const pipe = join(log, '8.json'.padStart(25, '0'));
  execFileSync('mkfifo', [pipe]);
  await eventually('it commits up to there', () => isThere(7));
  await simulator.confirm();
  return { simulator, lake, env, collector, pipe };
}

describe('a collector whose disk does not answer', () => {
  it('ends all the same, and what it had received is stored by the next one', async () => {
    const { simulator, lake, env, collector, pipe } = await hangingCollector();
    const startedMs = performance.now();
    collector.kill('SIGTERM');
    const sent = simulator.truth().liquidations.filter(({ isConfirmed }) => isConfirmed).length;
    const { signal, stderr } = await collector.finished;
    expect(signal).toBe('SIGKILL');
    expect(stderr).toContain('the disk of the lake does not answer');
    expect(performance.now() - startedMs).toBeLessThan(25_000);
    await rm(pipe);
    const connections = simulator.stats().connections;
    const next = start(['liquidations', '--lake', lake], { env });
    await eventually('it listens', () => simulator.stats().connections > connections);
    next.kill('SIGTERM');
    expect((await next.finished).code).toBe(0);
    const [row] = await query(
      lake,
      'SELECT count(*) AS n, count(DISTINCT (symbol, trade_time, quantity)) AS d FROM liquidation',
    );
    expect(Number(row?.n)).toBe(Number(row?.d));
    expect(Number(row?.n)).toBeGreaterThanOrEqual(sent);
  }, 60_000);

  it('ends at once at the second Ctrl-C', async () => {
    const { collector } = await hangingCollector();
    collector.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const startedMs = performance.now();
    collector.kill('SIGINT');
    // A shell calls that 130.
    expect((await collector.finished).signal).toBe('SIGINT');
    expect(performance.now() - startedMs).toBeLessThan(3000);
  }, 60_000);
});
