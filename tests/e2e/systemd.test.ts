import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually, exchangeAt, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

it('tells systemd when it listens, that it is alive, how it does, and that it stops', async () => {
  const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 20 });
  const folder = await temporaryFolder();
  const told = join(folder, 'told');
  const fake = join(folder, 'systemd-notify');
  await writeFile(fake, `#!/bin/sh\necho "$@" >> ${told}\n`);
  await chmod(fake, 0o755);
  const collector = start(['liquidations', '--lake', join(folder, 'lake')], {
    env: {
      ...exchangeAt(simulator),
      PATH: `${folder}:${process.env.PATH}`,
      NOTIFY_SOCKET: '/run/not-there',
      WATCHDOG_USEC: '600000',
    },
  });
  const lines = async () => (await readFile(told, 'utf8').catch(() => '')).split('\n');
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
