import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { saveLastSegment } from '../../src/spool/segments/last-segment.ts';
import { segmentPath } from '../../src/spool/segments/segment-file.ts';
import { readBans, saveBan } from '../../src/spool/state/bans.ts';
import { appIdOf, openIdentity } from '../../src/spool/state/identity.ts';
import { readStatus, writeStatus } from '../../src/spool/state/status-file.ts';
import { temporaryFolder } from '../support/spool-records.ts';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('bans', () => {
  test('survive, also when several hosts are banned at once', async () => {
    const hosts = ['a:443', 'b:443', 'c:443'];
    const spools = join(folder, 'spools');
    await Promise.all(hosts.map((host, i) => saveBan(spools, host, { untilMs: i, reason: 'status 418' })));
    expect(await readBans(spools)).toEqual(
      Object.fromEntries(hosts.map((host, i) => [host, { untilMs: i, reason: 'status 418' }])),
    );
    expect(await readdir(spools)).toEqual(['bans.json']);
  });

  test('that are damaged are none, and do not stand in the way of new ones', async () => {
    for (const text of ['', '{', 'null', '[]', '7', '{"a":null,"b":{"untilMs":"soon"},"c":{"untilMs":1}}']) {
      await writeFile(join(folder, 'bans.json'), text);
      expect(await readBans(folder)).toEqual({});
    }
    await saveBan(folder, 'a', { untilMs: 5, reason: 'status 429' });
    expect(await readBans(folder)).toEqual({ a: { untilMs: 5, reason: 'status 429' } });
  });
});

describe('the identity', () => {
  test('stays the same on the same machine', async () => {
    const first = await openIdentity(folder, 'prices', 'here');
    expect(first.appId).toMatch(/^crypto-lake:[0-9a-f-]{36}:prices$/);
    expect(await openIdentity(folder, 'prices', 'here')).toEqual(first);
  });

  test('of a copied spool stores what is left under the old name, over any number of restarts', async () => {
    const old = await openIdentity(folder, 'prices', 'there');
    await writeFile(segmentPath(folder, 5), '');
    await saveLastSegment(folder, 6);
    for (let restart = 0; restart < 3; restart++) {
      const identity = await openIdentity(folder, 'prices', 'here');
      expect(identity.appId).not.toBe(old.appId);
      expect(appIdOf(identity, 5)).toBe(old.appId);
      expect(appIdOf(identity, 7)).toBe(identity.appId);
    }
    await rm(segmentPath(folder, 5));
    expect((await openIdentity(folder, 'prices', 'here')).earlier).toBeUndefined();
  });

  test('that is damaged is made anew', async () => {
    await writeFile(join(folder, 'identity.json'), '{"appId":7}');
    const made = await openIdentity(folder, 'prices', 'here');
    expect(JSON.parse(await readFile(join(folder, 'identity.json'), 'utf8'))).toEqual(made);
  });
});

test('the status file is read as it was written, and is nothing when it is damaged or missing', async () => {
  expect(await readStatus(folder)).toBeUndefined();
  const status = { at: '2026-11-21T00:00:00Z', pid: 7, state: 'listening', frames: 1, rows: {}, backlog: 0 };
  await writeStatus(folder, status);
  expect(await readStatus(folder)).toEqual(status);
  await writeFile(join(folder, 'status.json'), '{');
  expect(await readStatus(folder)).toBeUndefined();
});
