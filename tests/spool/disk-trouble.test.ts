import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SpoolState } from '../../src/base/disk-retry.ts';
import { segmentPath } from '../../src/spool/segments/segment-file.ts';
import { Spool } from '../../src/spool/segments/spool.ts';
import { type FailingFiles, failingFiles } from '../support/failing-files.ts';
import { contentOf, event, frame, temporaryFolder, textsOf, until } from '../support/spool-records.ts';

let folder: string;
let files: FailingFiles;
let reported: SpoolState[];
beforeEach(async () => {
  folder = await temporaryFolder();
  files = failingFiles();
  reported = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const openSpool = (where = folder) =>
  Spool.open({
    folder: where,
    floorSegment: 0,
    onStateChange: (state) => reported.push(state),
    openFile: files.openFile,
  });
const states = () => reported.map(({ state }) => state);
const rotate = (spool: Spool) => spool.rotate(() => [event('segment_closed'), event('segment_opened')]);
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `frame ${i}`);

describe('while the disk refuses, the spool', () => {
  for (const [step, code] of [
    ['write', 'ENOSPC'],
    ['write', 'EIO'],
    ['sync', 'EIO'],
    ['sync', 'ENOSPC'],
    ['write', 'EROFS'],
  ] as const) {
    test(`keeps what it took and stores it once, in order (${step} fails with ${code})`, async () => {
      const spool = await openSpool();
      await spool.append(frame('frame 0'));
      files.partialBytes = 60;
      files.failing[step] = code;
      const waiting = Promise.all(
        numbered(5)
          .slice(1)
          .map((text) => spool.append(frame(text))),
      );
      await until(() => reported.length > 0);
      for (const text of ['later 1', 'later 2']) expect(spool.appendNow(frame(text))).toBe(true);
      expect(states()).toEqual(['stopped']);
      expect(reported[0]?.reason).toContain(code);
      delete files.failing[step];
      await waiting;
      expect(states()).toEqual(['stopped', 'ok']);
      expect(await spool.close()).toBe(1);
      const content = await contentOf(segmentPath(folder, 1));
      expect(content.damaged).toEqual([]);
      expect(content.records.map(({ payload }) => String(payload))).toEqual([
        ...numbered(5),
        'later 1',
        'later 2',
      ]);
    });
  }

  test('refuses to rotate, and goes on with its segment', async () => {
    const spool = await openSpool();
    await spool.append(frame('a'));
    files.failing.write = 'ENOSPC';
    const waiting = spool.append(frame('b'));
    await until(() => reported.length > 0);
    await expect(rotate(spool)).rejects.toMatchObject({ code: 'DISK_FULL' });
    delete files.failing.write;
    await waiting;
    expect(await rotate(spool)).toBe(1);
    expect(await textsOf(segmentPath(folder, 1))).toEqual(['a', 'b', '{"type":"segment_closed"}']);
    await spool.close();
  });

  test('goes on with its segment when only the next cannot be begun', async () => {
    const spool = await openSpool();
    await spool.append(frame('a'));
    files.failing.open = 'ENOSPC';
    await expect(rotate(spool)).rejects.toMatchObject({ code: 'DISK_FULL' });
    await spool.append(frame('b'));
    delete files.failing.open;
    expect(await rotate(spool)).toBe(1);
    await spool.append(frame('c'));
    const last = (await spool.close()) ?? 0;
    expect(last).toBeGreaterThan(1);
    expect(reported).toEqual([]);
    expect(await textsOf(segmentPath(folder, 1))).toEqual(['a', 'b', '{"type":"segment_closed"}']);
    expect(await textsOf(segmentPath(folder, last))).toEqual(['{"type":"segment_opened"}', 'c']);
  });

  test('ends soon when asked to, keeps what was acknowledged and says what was not', async () => {
    const spool = await openSpool();
    await spool.append(frame('a'));
    files.failing.write = 'ENOSPC';
    const [first, second] = [spool.append(frame('b')), spool.append(frame('c'))];
    const outcomes = Promise.allSettled([first, second]);
    await until(() => reported.length > 0);
    const startedMs = performance.now();
    expect(await spool.close()).toBe(1);
    expect(performance.now() - startedMs).toBeLessThan(1000);
    expect(await outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'DISK_FULL' } },
      { status: 'rejected', reason: { code: 'DISK_FULL' } },
    ]);
    expect(await textsOf(segmentPath(folder, 1))).toEqual(['a']);
  });

  test('ends soon also in the middle of a rotation, and deletes nothing', async () => {
    const spool = await openSpool();
    await spool.append(frame('a'));
    const rotated = spool.rotate(() => {
      files.failing.write = 'ENOSPC';
      return [event('segment_closed'), event('segment_opened')];
    });
    const outcome = expect(rotated).rejects.toMatchObject({ code: 'DISK_FULL' });
    await until(() => reported.length > 0);
    expect(await spool.close()).toBe(1);
    await outcome;
    expect((await textsOf(segmentPath(folder, 1)))[0]).toBe('a');
  });

  test('leaves what was written and could not be synced to the next start', async () => {
    const spool = await openSpool();
    files.failing.sync = 'EIO';
    const outcome = expect(spool.append(frame('a'))).rejects.toMatchObject({ code: 'LAKE_UNWRITABLE' });
    await until(() => reported.length > 0);
    expect(await spool.close()).toBeUndefined();
    await outcome;
    expect(await textsOf(segmentPath(folder, 1))).toEqual(['a']);
    delete files.failing.sync;
    const next = await openSpool();
    expect(next.leftover).toEqual([1]);
    await next.close();
  });

  test('leaves also what went into the segment that was just begun', async () => {
    const spool = await openSpool();
    await spool.append(frame('a'));
    const rotated = expect(
      spool.rotate(() => {
        files.failing.sync = 'EIO';
        return [event('segment_closed'), event('segment_opened')];
      }),
    ).rejects.toMatchObject({ code: 'LAKE_UNWRITABLE' });
    await until(() => reported.length > 0);
    const outcome = expect(spool.append(frame('b'))).rejects.toMatchObject({ code: 'LAKE_UNWRITABLE' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(await spool.close()).toBe(1);
    await rotated;
    await outcome;
    expect(await textsOf(segmentPath(folder, 2))).toEqual(['{"type":"segment_opened"}', 'b']);
  });

  test('cannot be opened, and says why', async () => {
    files.failing.write = 'ENOSPC';
    await expect(openSpool()).rejects.toMatchObject({ code: 'DISK_FULL' });
    files.failing.write = 'EROFS';
    await expect(openSpool()).rejects.toMatchObject({ code: 'LAKE_UNWRITABLE' });
  });
});

describe('when its folder is deleted under it, the spool', () => {
  test('puts the segment back with all that was in it', async () => {
    const spool = await openSpool();
    await spool.append(frame('before'));
    await rm(folder, { recursive: true });
    await until(async () => {
      await spool.append(frame('after'));
      return textsOf(segmentPath(folder, 1)).then(
        () => true,
        () => false,
      );
    });
    await spool.append(frame('last'));
    const texts = await textsOf(segmentPath(folder, 1));
    expect([texts[0], texts.at(-1)]).toEqual(['before', 'last']);
    expect(await rotate(spool)).toBe(1);
    await spool.close();
  });

  test('has everything in place again before it closes or rotates', async () => {
    const spool = await openSpool();
    await spool.append(frame('a'));
    await rm(folder, { recursive: true });
    expect(await rotate(spool)).toBe(1);
    expect(await textsOf(segmentPath(folder, 1))).toEqual(['a', '{"type":"segment_closed"}']);
    await spool.append(frame('b'));
    await rm(folder, { recursive: true });
    expect(await spool.close()).toBe(2);
    expect(await textsOf(segmentPath(folder, 2))).toEqual(['{"type":"segment_opened"}', 'b']);
  });
});

test('when its folder is moved, the spool goes on in its segment and begins no other in its place', async () => {
  const [here, elsewhere] = [join(folder, 'here'), join(folder, 'elsewhere')];
  const spool = await openSpool(here);
  await spool.append(frame('a'));
  await rename(here, elsewhere);
  await expect(rotate(spool)).rejects.toMatchObject({
    message: expect.stringContaining('its folder is gone'),
  });
  await spool.append(frame('b'));
  expect(await readdir(folder)).toEqual(['elsewhere']);
  expect(await textsOf(segmentPath(elsewhere, 1))).toEqual(['a', 'b']);
  await rename(elsewhere, here);
  expect(await rotate(spool)).toBe(1);
  expect(await textsOf(segmentPath(here, 1))).toEqual(['a', 'b', '{"type":"segment_closed"}']);
  await spool.close();
  expect(reported).toEqual([]);
});

function mountSmallDisk(at: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', at], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('on a real small disk, the spool', () => {
  test('loses nothing over several fillings (skipped where mounting is not allowed)', async ({ skip }) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    skip(!mountSmallDisk(disk));
    try {
      const spool = await openSpool(join(disk, 'spool'));
      const acknowledged: string[] = [];
      const waiting: Array<Promise<void>> = [];
      for (let round = 0; round < 3; round++) {
        await writeFile(join(disk, 'ballast'), Buffer.alloc(2 ** 21)).catch(() => undefined);
        for (let i = 0; i < 20; i++) {
          const text = `${round}/${i} ${'x'.repeat(500)}`;
          waiting.push(spool.append(frame(text)).then(() => void acknowledged.push(text)));
          await new Promise((resolve) => setImmediate(resolve));
        }
        await until(() => states().at(-1) === 'stopped');
        await rm(join(disk, 'ballast'));
        await Promise.all(waiting);
        expect(states().at(-1)).toBe('ok');
      }
      await spool.close();
      expect(await textsOf(segmentPath(join(disk, 'spool'), 1))).toEqual(acknowledged);
      expect(acknowledged).toHaveLength(60);
      expect(states()).toHaveLength(6);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});
