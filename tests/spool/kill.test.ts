import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runChild } from '../support/child.ts';
import { contentOf, temporaryFolder, until } from '../support/spool-records.ts';

const APPENDING = (folder: string) => `
const { Spool } = await from('spool/segments/spool.js');
const spool = await Spool.open({ folder: ${JSON.stringify(folder)}, floorSegment: 0, onStateChange() {} });
const event = (type) => ({ kind: 'event', receivedAtUs: 1, connection: '', payload: Buffer.from(type) });
for (let i = 0; ; i++) {
  const payload = Buffer.from(String(i).padEnd(200, '.'));
  const appended = spool.append({ kind: 'frame', receivedAtUs: i, connection: 'ws-1', payload });
  appended.then(() => process.stdout.write(i + '\\n'));
  if (i % 50 === 0) spool.rotate(() => [event('last'), event('first')]);
  if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}`;

describe('a process that is killed while it appends', () => {
  test('has left every record that it acknowledged, once and in order', async () => {
    const folder = await temporaryFolder();
    for (let kill = 0; kill < 6; kill++) {
      const child = runChild(APPENDING(folder));
      await until(() => child.lines().length > 40 * (kill + 1));
      child.process.kill('SIGKILL');
      await child.ended;
      const names = (await readdir(folder)).filter((name) => name.endsWith('.segment')).sort();
      const kept: number[] = [];
      for (const name of names) {
        const { records, damaged } = await contentOf(join(folder, name));
        expect(damaged).toEqual([]);
        kept.push(...records.filter(({ kind }) => kind === 'frame').map(({ receivedAtUs }) => receivedAtUs));
        await rm(join(folder, name));
      }
      expect(kept).toEqual(kept.map((_, i) => i));
      expect(kept.length).toBeGreaterThanOrEqual(child.lines().length);
    }
    await rm(folder, { recursive: true });
  });
});
