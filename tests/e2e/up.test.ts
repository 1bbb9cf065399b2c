import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { apiServer } from '../support/api-server.ts';
import { freePort } from '../support/free-port.ts';
import { eventually, exchangeAt, query, run, start, temporaryFolder } from '../support/program.ts';
import { servedLake } from '../support/served-lake.ts';
import { simulatorFor } from '../support/simulator.ts';

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

interface Log {
  readonly service?: string;
  readonly msg?: string;
  readonly pid?: number;
}

describe('up', () => {
  it('makes back-ups that can be restored', async () => {
    const [lake, backups] = [await temporaryFolder(), await temporaryFolder()];
    await servedLake(lake);
    const env = {
      CRYPTO_LAKE_DIR: lake,
      CRYPTO_LAKE_PORT: '0',
      CRYPTO_LAKE_UP: 'serve',
      CRYPTO_LAKE_BACKUP_TO: backups,
      CRYPTO_LAKE_BACKUP_INTERVAL: '1s',
    };
    const program = start(['up'], { env });
    let said = '';
    program.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await eventually('a back-up is done', () => said.includes('backup done'), 60_000);
    program.kill('SIGTERM');
    expect((await program.finished).code).toBe(0);
    const restored = join(await temporaryFolder(), 'restored');
    expect((await run(['restore', '--from', backups, '--to', restored])).code).toBe(0);
    const count = (of: string) => query(of, 'SELECT count(*) AS n FROM bars_1m');
    expect(await count(restored)).toEqual(await count(lake));
  }, 120_000);

  it('runs collectors and server, starts again what is killed, passes the smoke test, and stores all at its end', async () => {
    const lake = await temporaryFolder();
    const simulator = await simulatorFor({ framesPerSecond: 20 });
    const port = await freePort();
    const metrics = `127.0.0.1:${await freePort()}`;
    const env = {
      ...exchangeAt(simulator),
      CRYPTO_LAKE_DIR: lake,
      CRYPTO_LAKE_PORT: String(port),
      CRYPTO_LAKE_UP: 'liquidations,prices,serve',
      CRYPTO_LAKE_PRICES_INTERVAL: '2s',
      CRYPTO_LAKE_FLUSH: '2s',
    };
    const program = start(['up', '--metrics', metrics], { env });
    const url = `http://127.0.0.1:${port}`;
    const health = async () => {
      const answer = await fetch(`${url}/health`).catch(() => undefined);
      return (await answer?.json().catch(() => undefined)) as
        | { status: string; collectors: { source: string; fresh: boolean }[] }
        | undefined;
    };
    await eventually('all is well', async () => (await health())?.status === 'ok', 40_000);
    expect((await health())?.collectors.map(({ source }) => source)).toEqual(['liquidations', 'prices']);
    const smoke = await run(['doctor', '--smoke', '--json'], { env });
    expect([smoke.code, smoke.stderr]).toEqual([0, '']);
    expect((JSON.parse(smoke.stdout) as { check: string }[]).map(({ check }) => check)).toEqual([
      'api',
      'liquidations',
      'prices',
      'stream',
      'metrics',
    ]);

    const ofServer = async () => (await (await fetch(`${url}/metrics`)).text()) ?? '';
    await eventually('`serve` tells of all that `up` runs', async () =>
      (await ofServer()).includes('crypto_lake_service_up{service="prices"} 1\n'),
    );
    const metricsText = await (await fetch(`http://${metrics}/metrics`)).text();
    expect(metricsText).toContain('crypto_lake_service_up{service="serve"} 1\n');
    expect(metricsText).toMatch(/crypto_lake_collector_store_seconds_total\{source="liquidations"\} \d/);

    const pids =
      (await run(['read', '--sql', 'SELECT 1'], { env })).code === 0
        ? await childrenOf(program.pid ?? 0)
        : [];
    expect(pids).toHaveLength(3);
    const server = await pidListening(pids, 'serve');
    process.kill(server, 'SIGKILL');
    await eventually(
      'the server is back',
      async () => (await health()) !== undefined && !pids.every(isRunning),
      40_000,
    );
    await simulator.confirm();
    program.kill('SIGTERM');
    const { code, stderr } = await program.finished;
    expect(code).toBe(0);
    for (const pid of pids) expect(isRunning(pid)).toBe(false);
    const services = stderr
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [(JSON.parse(line) as Log).service] : []));
    expect(new Set(services)).toEqual(expect.objectContaining(new Set(['liquidations', 'prices', 'serve'])));
    const [row] = await query(lake, 'SELECT count(*) AS n FROM liquidation');
    expect(Number(row?.n)).toBe(simulator.truth().liquidations.length);
  }, 120_000);

  it('leaves no child behind when it is killed itself', async () => {
    const lake = await temporaryFolder();
    const simulator = await simulatorFor({ framesPerSecond: 5 });
    const program = start(['up', '--services', 'liquidations', '--lake', lake], {
      env: exchangeAt(simulator),
    });
    const [child = 0] = await eventually('a child', async () => {
      const pids = await childrenOf(program.pid ?? 0);
      return pids.length > 0 && pids;
    });
    program.kill('SIGKILL');
    await eventually('the child ends', () => !isRunning(child), 20_000);
  }, 60_000);

  it.each(['nonsense', 'read', ','])('refuses to run %j', async (services) => {
    const { code, stderr } = await run(['up', '--services', services, '--lake', await temporaryFolder()]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('hint: name some of')]);
  });
});

describe('doctor --smoke', () => {
  it('wants a derived bar that is young', async () => {
    const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    // Five bars of 1h: the newest begins four hours after the lake.
    const outcomes = [1, -24].map(async (hours) => {
      const lake = await temporaryFolder();
      await servedLake(lake, hour + (hours - 4) * 3_600_000);
      const api = await apiServer(lake);
      onTestFinished(() => api.close());
      const env = { CRYPTO_LAKE_UP: 'derive,serve', CRYPTO_LAKE_PORT: String(api.port) };
      const { stdout } = await run(['doctor', '--smoke', '--json', '--lake', lake], { env });
      const results = JSON.parse(stdout) as { check: string; status: string }[];
      return results.find(({ check }) => check === 'derived');
    });
    const [young, old] = await Promise.all(outcomes);
    expect(young?.status).toBe('ok');
    expect(old).toMatchObject({
      status: 'fail',
      text: expect.stringContaining('the newest derived bar opened'),
    });
  }, 60_000);

  it('fails in less than half a minute where nothing runs, and says so', async () => {
    const begunMs = performance.now();
    const { code, stdout } = await run(['doctor', '--smoke', '--json', '--lake', await temporaryFolder()], {
      env: { CRYPTO_LAKE_PORT: String(await freePort()) },
    });
    expect(code).toBe(1);
    expect(stdout).toContain('nothing answers at');
    expect(performance.now() - begunMs).toBeLessThan(30_000);
  }, 40_000);
});

async function childrenOf(pid: number): Promise<number[]> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

async function pidListening(pids: readonly number[], command: string): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  for (const pid of pids) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words.includes(command)) return pid;
  }
  throw new Error(`no child runs ${command}`);
}
