import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { type UpkeepOptions, UpkeepService } from '../../src/services/upkeep-service.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { eventually, exchangeAt, run, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

function serviceOf(lake: string, options: Partial<UpkeepOptions> = {}) {
  const warnings: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void warnings.push(JSON.parse(line).msg) });
  return { warnings, service: new UpkeepService({ lake, intervalMs: 50, log, ...options }) };
}

it('upkeep runs as a child of low priority, and merges', async () => {
  const lake = await temporaryFolder();
  const { table } = await parquetTable(join(lake, 'coverage'), { stream: 'string', n: 'long' }).then(
    async (made) => {
      for (const file of [0, 1]) await made.add(`SELECT 's' AS stream, ${file}::BIGINT AS n`);
      return made;
    },
  );
  const { service, warnings } = serviceOf(lake);
  const stop = new AbortController();
  const ran = service.run(stop.signal);
  const priorities = new Set<string>();
  await vi.waitFor(
    () => {
      const children = execFileSync('ps', ['-o', 'ni=,args=', '--ppid', String(process.pid)]).toString();
      for (const line of children.split('\n'))
        if (line.includes('compact --auto')) priorities.add(line.trim().split(/\s+/)[0] ?? '');
      expect(warnings).toContain('upkeep done');
    },
    { timeout: 30_000, interval: 20 },
  );
  stop.abort();
  await ran;
  expect(priorities).toContain(String(constants.priority.PRIORITY_LOW));
  expect((await table.refresh()).files.size).toBe(1);
}, 40_000);

it('upkeep ends with its parent, also with one that is killed while it begins', async () => {
  const lake = await temporaryFolder();
  const backups = join(await temporaryFolder(), 'backups');
  const { add } = await parquetTable(join(lake, 'coverage'), { stream: 'string' });
  await add(`SELECT 's' AS stream`);
  const script = `import { runUpkeep } from ${JSON.stringify(resolve('dist/services/upkeep-service.js'))};
    await runUpkeep(${JSON.stringify(lake)}, new AbortController().signal, ['backup', '--to', ${JSON.stringify(backups)}]);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  const child = await eventually('the child', () => {
    const lines = execFileSync('ps', ['-eo', 'ppid=,pid=,args=']).toString().split('\n');
    const own = lines.map((line) => line.trim().split(/\s+/)).find(([ppid]) => Number(ppid) === parent.pid);
    return own?.includes('backup') && Number(own[1]);
  });
  process.kill(child, 'SIGSTOP');
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  process.kill(child, 'SIGCONT');
  await eventually('the child has ended', () => !existsSync(`/proc/${child}`));
  // It made nothing: a back-up is a folder that is named by its time.
  expect(existsSync(backups) ? await readdir(backups) : []).not.toContainEqual(
    expect.stringMatching(/^\d{4}-/),
  );
}, 40_000);

it('upkeep that fails is a warning each time, and is tried again', async () => {
  const lake = await temporaryFolder();
  await mkdir(join(lake, 'coverage', '_delta_log'), { recursive: true });
  await writeFile(join(lake, 'coverage', '_delta_log', '00000000000000000000.json'), 'not JSON');
  const { service, warnings } = serviceOf(lake);
  const stop = new AbortController();
  const ran = service.run(stop.signal);
  await vi.waitFor(() => expect(warnings.length).toBeGreaterThanOrEqual(2), { timeout: 30_000 });
  stop.abort();
  await ran;
  for (const warning of warnings.slice(0, 2))
    expect(warning).toMatch(/^upkeep failed, the next try is in .*coverage/s);
}, 40_000);

it('what was done lately waits for its time, also after a new start', async () => {
  const lake = await temporaryFolder();
  const { service, warnings } = serviceOf(lake, {
    command: ['backup', '--to', join(lake, 'backups')],
    intervalMs: 1500,
    lastDoneMs: async () => Date.now() + 500,
  });
  const stop = new AbortController();
  const begunMs = performance.now();
  const ran = service.run(stop.signal);
  await vi.waitFor(() => expect(warnings).toHaveLength(1), { timeout: 30_000 });
  expect(performance.now() - begunMs).toBeGreaterThan(1400);
  stop.abort();
  await ran;
  expect(warnings[0]).toMatch(/^backup failed, the next try is in 1 s: error: the lake .* has no tables/s);
}, 40_000);

it('`once` does upkeep when it is due, unless it is off, and ends', async () => {
  const lake = await temporaryFolder();
  const simulator = await simulatorFor({ seed: 1 });
  const { table, folder, add } = await parquetTable(join(lake, 'liquidation'), {
    symbol: 'string',
    trade_time: 'timestamp',
  });
  const first = await add("SELECT 'A' AS symbol, TIMESTAMPTZ '2026-01-01 00:00:00+00' AS trade_time");
  const [known] = [...(await table.refresh()).files.values()];
  if (known === undefined) throw new Error('the table has no file');
  const adds = Array.from({ length: 60 }, (_, index) => ({ ...known, path: `copy-${index}.parquet` }));
  for (const { path } of adds) await copyFile(join(folder, first), join(folder, path));
  await table.commit({ operation: 'WRITE', adds, reads: 'nothing' });
  const filesAfterOnce = async (upkeep: string) => {
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_UPKEEP: upkeep };
    expect(await run(['once', '--lake', lake], { env })).toMatchObject({ code: 0 });
    return (await table.refresh()).files.size;
  };
  expect(await filesAfterOnce('off')).toBe(61);
  expect(await filesAfterOnce('on')).toBe(1);
}, 40_000);

it('upkeep runs beside a collector at its interval, unless it is off', async () => {
  const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 50 });
  const collect = async (upkeep: string) => {
    const lake = await temporaryFolder();
    const env = {
      ...exchangeAt(simulator),
      CRYPTO_LAKE_FLUSH: '1s',
      CRYPTO_LAKE_UPKEEP: upkeep,
      CRYPTO_LAKE_UPKEEP_INTERVAL: '1s',
      LOG_LEVEL: 'debug',
    };
    const collector = start(['liquidations', '--lake', lake], { env });
    let said = '';
    collector.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const history = () => readdir(join(lake, 'liquidation', '_delta_log')).catch(() => []);
    await eventually('it stores', async () => (await history()).length > 3);
    if (upkeep === 'on') await eventually('upkeep ran', () => said.includes('upkeep done'));
    collector.kill('SIGTERM');
    await collector.finished;
    return said;
  };
  expect(await collect('on')).toContain('upkeep done');
  expect(await collect('off')).not.toMatch(/upkeep/);
}, 40_000);
