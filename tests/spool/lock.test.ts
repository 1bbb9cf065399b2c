import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acquireLock } from '../../src/spool/state/lock.ts';
import { type LockHolder, ourselves } from '../../src/spool/state/lock-holder.ts';
import { runChild } from '../support/child.ts';
import { temporaryFolder, until } from '../support/spool-records.ts';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const acquire = (waitMs = 0) => acquireLock(folder, { purpose: 'a test', waitMs });
const path = () => join(folder, 'lock');
const holder = async () => JSON.parse(await readFile(path(), 'utf8')) as LockHolder;

async function leaveLock(changes: Partial<LockHolder>, ageMs = 0): Promise<void> {
  await writeFile(path(), JSON.stringify({ ...ourselves('an earlier run'), ...changes }));
  const then = new Date(Date.now() - ageMs);
  await utimes(path(), then, then);
}

describe('the lock', () => {
  test('is refused to a second one, naming the first', async () => {
    const lock = await acquire();
    await expect(acquire()).rejects.toMatchObject({
      code: 'LAKE_LOCKED',
      message: expect.stringMatching(new RegExp(`process ${process.pid} on .*a test, since 20`)),
      hint: expect.stringContaining('--lake'),
    });
    await lock.release();
    await (await acquire()).release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('is taken also where another process, whose clock was set forward, sweeps what is just being written', async () => {
    let swept = 0;
    let isOver = false;
    const sweeping = (async () => {
      while (!isOver)
        for (const name of await readdir(folder))
          if (name.endsWith('.tmp'))
            await rm(join(folder, name)).then(
              () => swept++,
              () => undefined,
            );
    })();
    try {
      while (swept < 5) await (await acquire()).release();
    } finally {
      isOver = true;
      await sweeping;
    }
  });

  test('is given at once when the holder is dead', async () => {
    for (const dead of [
      { pid: 2 ** 22 + 1 },
      { processStart: '1' },
      { pid: 1, processStart: '1' },
      { bootId: 'another boot' },
    ]) {
      await leaveLock(dead);
      const startedMs = performance.now();
      const lock = await acquire();
      expect(performance.now() - startedMs).toBeLessThan(1000);
      expect((await holder()).pid).toBe(process.pid);
      await lock.release();
    }
    expect(await readdir(folder)).toEqual([]);
  });

  test('of another host is kept while its heartbeat is younger than a minute', async () => {
    const foreign = { host: 'elsewhere', machine: 'another', bootId: 'another' };
    await leaveLock(foreign, 50_000);
    await expect(acquire()).rejects.toMatchObject({
      code: 'LAKE_LOCKED',
      message: expect.stringContaining('elsewhere'),
    });
    await leaveLock(foreign, 61_000);
    await (await acquire()).release();
  });

  test('of another container on this machine, or a damaged one, is kept by its heartbeat alone', async () => {
    await leaveLock({ pidNamespace: 'pid:[1]' });
    const beat = setInterval(() => void utimes(path(), new Date(), new Date()), 1000);
    await expect(acquire()).rejects.toMatchObject({ code: 'LAKE_LOCKED' });
    clearInterval(beat);
    await writeFile(path(), '{"pid":');
    const startedMs = performance.now();
    await (await acquire()).release();
    expect(performance.now() - startedMs).toBeLessThan(7000);
  });

  test('is waited for as long as one may', async () => {
    const lock = await acquire();
    const next = acquire(5000);
    setTimeout(() => void lock.release(), 300);
    await (await next).release();
  });

  test('comes back when its folder was deleted and is there again', async () => {
    const lock = await acquire();
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await until(() =>
      holder().then(
        () => true,
        () => false,
      ),
    );
    await expect(acquire()).rejects.toMatchObject({ code: 'LAKE_LOCKED' });
    await lock.release();
  });

  test('in a folder that cannot be is LAKE_UNWRITABLE', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(acquireLock(join(folder, 'file'), { purpose: 'a test', waitMs: 0 })).rejects.toMatchObject({
      code: 'LAKE_UNWRITABLE',
    });
  });
});

const RACING = (where: string) => `
const { acquireLock } = await from('spool/state/lock.js');
const { readFileSync, existsSync } = await import('node:fs');
const { setTimeout: sleep } = await import('node:timers/promises');
process.stdout.write('ready\\n');
for (let round = 0; round < 12; round++) {
  const folder = ${JSON.stringify(where)} + '/' + round;
  while (!existsSync(folder + '/go')) await sleep(1);
  try {
    await acquireLock(folder, { purpose: 'racing', waitMs: 0 });
    process.stdout.write(round + ' won\\n');
  } catch (error) {
    process.stdout.write(round + ' ' + error.code + '\\n');
  }
}
await sleep(60_000);`;

describe('of eight processes that race for the lock of a dead one', () => {
  test('exactly one gets it, also when a taker died in the middle of taking over', async () => {
    const children = Array.from({ length: 8 }, () => runChild(RACING(folder)));
    try {
      await until(() => children.every((child) => child.lines().length === 1), 20_000);
      for (let round = 0; round < 12; round++) {
        const where = join(folder, String(round));
        await mkdir(where);
        const dead = { ...ourselves('an earlier run'), pid: 2 ** 22 + 1 };
        await writeFile(join(where, 'lock'), JSON.stringify(dead));
        if (round % 2 === 1) {
          const guard = join(where, `lock.${dead.id.replaceAll('-', '').slice(0, 12)}`);
          await writeFile(guard, JSON.stringify({ ...ourselves('a taker'), pid: 2 ** 22 + 2 }));
        }
        await writeFile(join(where, 'go'), '');
        await until(() => children.every((child) => child.lines().length === round + 2));
        const outcomes = children.map((child) => child.lines().at(-1)).sort();
        expect(outcomes).toEqual([
          ...Array.from({ length: 7 }, () => `${round} LAKE_LOCKED`),
          `${round} won`,
        ]);
      }
    } finally {
      for (const child of children) child.process.kill('SIGKILL');
    }
  });
});
