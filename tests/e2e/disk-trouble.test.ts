import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { eventually, exchangeAt, query, run, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';
import { readOnly, smallDisk } from '../support/small-disk.ts';

const simulate = () => simulatorFor({ market: 'steady', framesPerSecond: 100, pingIntervalMs: 100 });

it('of prices ends in time although the spool refuses', async () => {
  const lake = await temporaryFolder();
  const simulator = await simulatorFor({ market: 'none' });
  const child = start(['prices', '--interval', '2', '--lake', lake], { env: exchangeAt(simulator) });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const spool = join(lake, '_spool', 'prices');
  const segments = () => readdir(spool).catch((): string[] => []);
  await eventually('it spools', async () => (await segments()).some((name) => name.endsWith('.segment')));
  // Again, for the program makes its folder anew when it finds it gone.
  await eventually('a file is in its place', async () => {
    await rm(spool, { recursive: true, force: true }).catch(() => undefined);
    return writeFile(spool, '', { flag: 'wx' }).then(
      () => true,
      () => false,
    );
  });
  await eventually('it says so', () => log.includes('spool cannot be written'));
  child.kill('SIGTERM');
  await child.finished;
}, 30_000);

interface Collecting {
  readonly simulator: Simulator;
  readonly log: () => string;
  /** How often the log says so. */
  count(text: string): number;
  orders(count: number): Promise<void>;
  /** Ends it well, and proves that each confirmed order is stored once. */
  endAndProve(): Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => boolean;
}

async function collect(lake: string, env: Record<string, string> = {}): Promise<Collecting> {
  const simulator = await simulate();
  const child = start(['liquidations', '--lake', lake], {
    env: { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '500ms', ...env },
  });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const orders = async (count: number) => {
    const sent = simulator.stats().distinctOrders;
    await eventually('orders are sent', () => simulator.stats().distinctOrders > sent + count);
  };
  await orders(50);
  await eventually('something is stored', () => log.includes('"stored"'));
  return {
    simulator,
    log: () => log,
    count: (text) => log.split(text).length - 1,
    orders,
    kill: (signal) => child.kill(signal),
    async endAndProve() {
      await orders(20);
      await simulator.confirm();
      child.kill('SIGTERM');
      const { code } = await child.finished;
      expect(code).toBe(0);
      const [row] = await query(
        lake,
        'SELECT count(*) AS n, count(DISTINCT (market, symbol, side, trade_time, quantity, price, average_price, filled_quantity)) AS d FROM liquidation',
      );
      expect(row?.n).toBe(row?.d);
      const confirmed = simulator.truth().liquidations.filter(({ isConfirmed }) => isConfirmed).length;
      expect(Number(row?.n)).toBeGreaterThanOrEqual(confirmed);
    },
  };
}

const STOPPED = 'the spool cannot be written: the disk is full';
const AGAIN = 'the spool can be written again';

describe('a collector', () => {
  it('loses nothing over several fillings of a real disk, its log file there too, says each once, and owns up to the hole', async ({
    skip,
  }) => {
    const disk = await smallDisk(skip, join(await temporaryFolder(), 'disk'), 24);
    const collecting = await collect(join(disk.path, 'lake'), { LOG_TO_FILE: join(disk.path, 'a.log') });
    for (let filling = 1; filling <= 3; filling++) {
      await eventually('it is reported', async () => {
        // A segment that is stored just now gives its room back.
        await disk.fill();
        return collecting.count(STOPPED) === filling;
      });
      await collecting.orders(100);
      if (filling === 3) {
        // More than it keeps in memory: for longer than a pause may be, nothing is read.
        for (let i = 0; i < 6; i++)
          collecting.simulator.setFault({ fault: 'malformed', names: ['long-string'], connection: 'all' });
        await new Promise((resolve) => setTimeout(resolve, 6500));
      }
      await disk.free();
      await eventually('it goes on', () => collecting.count(AGAIN) === filling);
      await collecting.orders(50);
    }
    await collecting.endAndProve();
    expect([collecting.count(STOPPED), collecting.count(AGAIN)]).toEqual([3, 3]);
    const holes = await query(
      join(disk.path, 'lake'),
      'SELECT reason, epoch(length) AS s FROM coverage_gaps',
    );
    const hole = holes.find(({ reason }) => reason === 'the disk took nothing');
    expect(Number(hole?.s)).toBeGreaterThan(5);
  }, 60_000);

  it('keeps collecting while a table is read-only, says it once, and stores all when it can', async ({
    skip,
  }) => {
    const disk = await smallDisk(skip, join(await temporaryFolder(), 'disk'), 64);
    const lake = join(disk.path, 'lake');
    const collecting = await collect(lake);
    const makeWritable = readOnly(join(lake, 'liquidation'));
    await eventually('it is reported', () => collecting.count('storing failed') > 0);
    await collecting.orders(200);
    expect(collecting.count('storing failed, capture goes on in the spool')).toBe(1);
    makeWritable();
    await eventually('it goes on', () => collecting.count('storing works again') === 1);
    await collecting.endAndProve();
  }, 60_000);

  it('keeps collecting while something else stands in the place of a table', async () => {
    const lake = await temporaryFolder();
    const collecting = await collect(lake);
    const [table, aside] = [join(lake, 'liquidation'), join(lake, 'aside')];
    collecting.kill('SIGSTOP');
    await rename(table, aside);
    await writeFile(table, 'not a table');
    collecting.kill('SIGCONT');
    await eventually('it is reported', () => collecting.count('storing failed') > 0);
    await eventually('the check tells it too', async () => {
      const { code, stderr } = await run(['tables', '--check', '--max-lag', '2s', '--lake', lake]);
      return code === 3 && /liquidations \(listening, nothing stored for \d+ s\)/.test(stderr);
    });
    collecting.kill('SIGSTOP');
    await rm(table);
    await rename(aside, table);
    collecting.kill('SIGCONT');
    await eventually('it goes on', () => collecting.count('storing works again') === 1);
    await collecting.endAndProve();
  }, 60_000);

  it('goes on when the folder of its log file is deleted, and writes it again after SIGHUP', async () => {
    const folder = await temporaryFolder();
    const logs = join(folder, 'logs');
    const collecting = await collect(join(folder, 'lake'), { LOG_TO_FILE: join(logs, 'a.log') });
    expect(existsSync(join(logs, 'a.log'))).toBe(true);
    await rm(logs, { recursive: true });
    await collecting.orders(100);
    collecting.kill('SIGHUP');
    await mkdir(logs, { recursive: true });
    await collecting.orders(100);
    collecting.kill('SIGHUP');
    await eventually('it logs again', async () =>
      (await readFile(join(logs, 'a.log'), 'utf8').catch(() => '')).includes('stored'),
    );
    await collecting.endAndProve();
  }, 60_000);
});
