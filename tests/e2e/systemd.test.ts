import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it } from 'vitest';
import { notifySystemd } from '../../src/cli/sd-notify.ts';
import { eventually, exchangeAt, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

/** A `systemd-notify` in the folder. @returns what reads the lines that it was sent. */
async function fakeNotify(folder: string): Promise<() => Promise<string[]>> {
  const reported = join(folder, 'reported');
  const fake = join(folder, 'systemd-notify');
  await writeFile(fake, `#!/bin/sh\necho "$@" >> ${reported}\n`);
  await chmod(fake, 0o755);
  return async () => (await readFile(reported, 'utf8').catch(() => '')).split('\n');
}

it('lets the watchdog starve while storing makes no progress', async () => {
  const folder = await temporaryFolder();
  const lines = await fakeNotify(folder);
  const fed = async () => (await lines()).filter((line) => line === 'WATCHDOG=1').length;
  let isAlive = true;
  const stop = notifySystemd({
    env: { PATH: `${folder}:${process.env.PATH}`, NOTIFY_SOCKET: '/run/not-there', WATCHDOG_USEC: '100000' },
    isReady: () => true,
    isAlive: () => isAlive,
    status: () => 'well',
    log: pino({ level: 'silent' }),
  });
  await eventually('it is fed', async () => (await fed()) > 1);
  isAlive = false;
  // One may be on its way.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = await fed();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await fed()).toBe(before);
  isAlive = true;
  await eventually('it is fed again', async () => (await fed()) > before);
  stop();
});

it('tells systemd when it listens, that it is alive, how it does, and that it stops', async () => {
  const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 20 });
  const folder = await temporaryFolder();
  const lines = await fakeNotify(folder);
  const collector = start(['liquidations', '--lake', join(folder, 'lake')], {
    env: {
      ...exchangeAt(simulator),
      PATH: `${folder}:${process.env.PATH}`,
      NOTIFY_SOCKET: '/run/not-there',
      WATCHDOG_USEC: '600000',
    },
  });
  const ready = await eventually('it is ready', async () =>
    (await lines()).find((line) => line.startsWith('READY=1')),
  );
  expect(ready).toMatch(/^READY=1 STATUS=liquidations listening .* frames/);
  expect(simulator.stats().openConnections).toBeGreaterThan(0);
  const fed = async () => (await lines()).filter((line) => line === 'WATCHDOG=1').length;
  const before = await fed();
  await eventually('the watchdog is fed', async () => (await fed()) > before + 1);
  collector.kill('SIGTERM');
  expect((await collector.finished).code).toBe(0);
  await eventually('it says that it stops', async () => (await lines()).includes('STOPPING=1'));
});

it('goes on, and says so once, when `systemd-notify` is not there', async () => {
  const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 20 });
  const folder = await temporaryFolder();
  const collector = start(['liquidations', '--lake', join(folder, 'lake')], {
    env: {
      ...exchangeAt(simulator),
      PATH: folder,
      NOTIFY_SOCKET: '/run/not-there',
      WATCHDOG_USEC: '200000',
    },
  });
  await eventually('it listens', () => simulator.stats().distinctOrders > 20);
  collector.kill('SIGTERM');
  const { code, stderr } = await collector.finished;
  expect(code).toBe(0);
  expect(stderr.split('systemd-notify does not work').length - 1).toBe(1);
});
