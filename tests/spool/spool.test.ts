import { open, readdir, rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { segmentPath } from '../../src/spool/segments/segment-file.ts';
import { Spool } from '../../src/spool/segments/spool.ts';
import { failingFiles } from '../support/failing-files.ts';
import { event, frame, temporaryFolder, textsOf, until } from '../support/spool-records.ts';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const openSpool = (floorSegment = 0) => Spool.open({ folder, floorSegment, onStateChange: () => undefined });
const opened = JSON.stringify({ type: 'segment_opened' });
const closed = JSON.stringify({ type: 'segment_closed' });
const rotate = (spool: Spool) => spool.rotate(() => [event('segment_closed'), event('segment_opened')]);
const segments = async () => (await readdir(folder)).filter((name) => name.endsWith('.segment'));

describe('the spool', () => {
  test('has on the disk what it acknowledged, in the order it came', async () => {
    const spool = await openSpool();
    await Promise.all(Array.from({ length: 200 }, (_, i) => spool.append(frame(`frame ${i}`))));
    const texts = await textsOf(segmentPath(folder, 1));
    expect(texts).toEqual(Array.from({ length: 200 }, (_, i) => `frame ${i}`));
    expect(await spool.close()).toBe(1);
  });

  test('has in the file what comes during a slow sync, for the case that the process is killed', async () => {
    const files = failingFiles();
    const spool = await Spool.open({
      folder,
      floorSegment: 0,
      onStateChange: () => undefined,
      openFile: files.openFile,
    });
    let endSync: () => void = () => undefined;
    files.gate = new Promise((resolve) => {
      endSync = resolve;
    });
    const path = segmentPath(folder, 1);
    const acknowledged: string[] = [];
    const waiting: Array<Promise<void>> = [];
    for (const text of ['in the sync', 'behind it', 'and later']) {
      waiting.push(spool.append(frame(text)).then(() => void acknowledged.push(text)));
      await until(async () => (await textsOf(path)).at(-1) === text);
    }
    expect(acknowledged).toEqual([]);
    endSync();
    await Promise.all(waiting);
    expect(await textsOf(path)).toEqual(['in the sync', 'behind it', 'and later']);
    await spool.close();
  });

  test('has in a file what comes during a rotation: in the old one before the cut, in the new one after it', async () => {
    const files = failingFiles();
    const spool = await Spool.open({ folder, floorSegment: 0, onStateChange: () => undefined, ...files });
    await spool.append(frame('a'));
    let goOn = () => {};
    const slowDisk = () => {
      files.gate = new Promise((resolve) => {
        goOn = resolve;
      });
    };
    const [first, second] = [segmentPath(folder, 1), segmentPath(folder, 2)];
    const has = (path: string, text: string) =>
      until(async () => (await textsOf(path).catch((): string[] => [])).includes(text));
    slowDisk();
    const rotated = spool.rotate(() => {
      slowDisk();
      return [event('segment_closed'), event('segment_opened')];
    });
    spool.appendNow(frame('while the next is begun'));
    await has(first, 'while the next is begun');
    goOn();
    await has(first, closed);
    for (const text of ['while the old one is synced', 'and later']) {
      spool.appendNow(frame(text));
      await has(second, text);
    }
    goOn();
    expect(await rotated).toBe(1);
    await spool.close();
    expect(await textsOf(first)).toEqual(['a', 'while the next is begun', closed]);
    expect(await textsOf(second)).toEqual([opened, 'while the old one is synced', 'and later']);
  });

  test('closes segments in the order of their numbers, also when the file of the next one is late and fails', async () => {
    let attempts = 0;
    let isLate = true;
    const spool = await Spool.open({
      folder,
      floorSegment: 0,
      onStateChange: () => undefined,
      openFile: async (path, flags, mode) => {
        if (path === segmentPath(folder, 2)) {
          attempts++;
          while (isLate) await new Promise((resolve) => setImmediate(resolve));
          throw Object.assign(new Error('EIO'), { code: 'EIO' });
        }
        return open(path, flags, mode);
      },
    });
    spool.appendNow(frame('first'));
    const failing = expect(rotate(spool)).rejects.toMatchObject({ code: 'LAKE_UNWRITABLE' });
    spool.appendNow(frame('second'));
    const next = rotate(spool);
    await until(() => attempts === 1);
    isLate = false;
    await failing;
    const numbers = [await next];
    spool.appendNow(frame('third'));
    numbers.push(await rotate(spool), await spool.close());
    const used = numbers.filter((number) => number !== undefined);
    expect(used).toEqual([...used].sort((a, b) => a - b));
    const texts = (await Promise.all(used.map((number) => textsOf(segmentPath(folder, number))))).flat();
    expect(texts.filter((text) => !text.startsWith('{'))).toEqual(['first', 'second', 'third']);
  });

  test('takes a record that is larger than its buffer once the buffer is empty', async () => {
    const spool = await openSpool();
    spool.appendNow(frame('x'.repeat(3.5 * 2 ** 20)));
    await spool.append(frame('y'.repeat(5 * 2 ** 20)));
    await spool.append(frame('z'.repeat(9 * 2 ** 20)));
    expect((await textsOf(segmentPath(folder, 1))).map((text) => text.length / 2 ** 20)).toEqual([3.5, 5, 9]);
    await spool.close();
  });

  test('cuts segments exactly where it is asked to, under load and with the write under way', async () => {
    const spool = await openSpool();
    const expected: string[][] = [];
    let texts: string[] = [];
    let isAppending = true;
    const appending = (async () => {
      for (let i = 0; isAppending; i++) {
        texts.push(`${i}`);
        expect(spool.appendNow(frame(`${i}`))).toBe(true);
        if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const cut = () => {
      expected.push([...texts, closed]);
      texts = [opened];
      return [event('segment_closed'), event('segment_opened')] as const;
    };
    await until(() => texts.length > 100);
    for (let segment = 1; segment <= 5; segment++) {
      expect(await spool.rotate(cut)).toBe(segment);
      await until(() => texts.length > 100);
    }
    isAppending = false;
    await appending;
    await spool.close();
    expect(expected).toHaveLength(5);
    for (const [i, wanted] of [...expected, texts].entries())
      expect(await textsOf(segmentPath(folder, i + 1))).toEqual(wanted);
  });

  test('goes on taking records while a flood keeps the writer busy, and still rotates', async () => {
    const spool = await openSpool();
    let isFlooding = true;
    const flood = (async () => {
      while (isFlooding) {
        for (let i = 0; i < 100; i++) spool.appendNow(frame('x'.repeat(250)));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let i = 0; i < 5; i++) {
      const startedMs = performance.now();
      while (spool.segmentBytes < 100_000) await new Promise((resolve) => setTimeout(resolve, 1));
      expect(await rotate(spool)).toBe(i + 1);
      expect(performance.now() - startedMs).toBeLessThan(2000);
    }
    isFlooding = false;
    await flood;
    await spool.close();
  });

  test('does not rotate a segment that holds nothing of its own, and leaves no file of it behind', async () => {
    const spool = await openSpool();
    expect(await rotate(spool)).toBeUndefined();
    await spool.append(frame('a'));
    expect(await rotate(spool)).toBe(1);
    expect(await rotate(spool)).toBeUndefined();
    expect(await spool.close()).toBeUndefined();
    expect(await segments()).toEqual(['0000000001.segment']);
  });

  test('never gives a segment number twice, whatever is left in the folder', async () => {
    const first = await openSpool();
    await first.append(frame('a'));
    expect(await first.close()).toBe(1);
    const second = await openSpool();
    expect(second.leftover).toEqual([1]);
    await second.append(frame('b'));
    expect(await second.close()).toBe(2);
    for (const name of await segments()) await rm(`${folder}/${name}`);
    const third = await openSpool();
    await third.append(frame('c'));
    expect(await third.close()).toBe(3);
    const fourth = await openSpool(41);
    await fourth.append(frame('d'));
    expect(await fourth.close()).toBe(42);
  });

  test('says when 8 MiB wait, takes what comes all the same until the sockets pause, and says when there is room', async () => {
    const files = failingFiles();
    let letGo = () => {};
    const spool = await Spool.open({ folder, floorSegment: 0, onStateChange: () => undefined, ...files });
    files.gate = new Promise((resolve) => {
      letGo = resolve;
    });
    const record = frame('x'.repeat(100_000));
    let taken = 1;
    for (; spool.appendNow(record); taken++)
      if (taken === 3) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(taken * 100_000).toBeGreaterThan(8 * 2 ** 20 - 100_000);
    expect(taken * 100_000).toBeLessThan(8.5 * 2 ** 20);
    expect([spool.appendNow(record), spool.appendNow(event('disconnected'))]).toEqual([false, false]);
    const writable = spool.whenWritable();
    letGo();
    await writable;
    expect(spool.appendNow(record)).toBe(true);
    await spool.close();
    expect(await textsOf(segmentPath(folder, 1))).toHaveLength(taken + 3);
  });

  test('takes no events either when far more waits, which over weeks without a disk would have no end', async () => {
    const files = failingFiles();
    let letGo = () => {};
    const spool = await Spool.open({ folder, floorSegment: 0, onStateChange: () => undefined, ...files });
    files.gate = new Promise((resolve) => {
      letGo = resolve;
    });
    for (let i = 0; i < 4; i++) spool.appendNow(frame('x'.repeat(2 ** 23)));
    spool.appendNow(event('disconnected'));
    spool.appendNow(event('poll_failed'));
    letGo();
    await spool.close();
    expect((await textsOf(segmentPath(folder, 1))).slice(4)).toEqual([]);
  });

  test('closes with all that it was given, also what came when its buffer was full', async () => {
    const files = failingFiles();
    let letGo = () => {};
    const spool = await Spool.open({ folder, floorSegment: 0, onStateChange: () => undefined, ...files });
    files.gate = new Promise((resolve) => {
      letGo = resolve;
    });
    const texts = Array.from({ length: 12 }, (_, i) => `${i}${'x'.repeat(2 ** 20)}`);
    for (const text of texts) spool.appendNow(frame(text));
    const closing = spool.close();
    letGo();
    expect(await closing).toBe(1);
    expect(await textsOf(segmentPath(folder, 1))).toEqual(texts);
  });

  test('takes a record that is longer than its buffer', async () => {
    const spool = await openSpool();
    await spool.append(frame('x'.repeat(20_000_000)));
    await spool.append(frame('y'));
    await spool.close();
    expect((await textsOf(segmentPath(folder, 1))).map(({ length }) => length)).toEqual([20_000_000, 1]);
  });

  test('takes nothing once it is closed', async () => {
    const spool = await openSpool();
    await spool.append(frame('a'));
    await spool.close();
    expect(spool.appendNow(frame('b'))).toBe(false);
    await expect(spool.append(frame('c'))).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await rotate(spool)).toBeUndefined();
  });
});
