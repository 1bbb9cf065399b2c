import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LakeSession } from '../../src/query/session/lake-session.ts';
import { SqlSessions } from '../../src/questions/sql-sessions.ts';
import { temporaryFolder } from '../support/program.ts';

async function sessionsIn(folder: string) {
  const sessions = new SqlSessions({ memoryBytes: 2 ** 28, lake: folder });
  onTestFinished(() => sessions.close());
  return sessions;
}

/** Holds a session until it is let go. */
function holding(sessions: SqlSessions, signal = new AbortController().signal) {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let seen: LakeSession | undefined;
  const done = sessions.use(signal, async (started) => {
    seen = await started;
    await held;
    return seen;
  });
  return { done, letGo, isRunning: () => seen !== undefined };
}

describe('sessions of SQL', () => {
  it('are of one question each, though the next one is started ahead', async () => {
    const sessions = await sessionsIn(await temporaryFolder());
    const seen = new Set<LakeSession>();
    for (let question = 0; question < 3; question++) {
      const one = holding(sessions);
      one.letGo();
      seen.add(await one.done);
    }
    expect(seen.size).toBe(3);
  });

  it('work two at a time; others wait for their turn, or leave', async () => {
    const sessions = await sessionsIn(await temporaryFolder());
    const leaving = new AbortController();
    const [first, second] = [holding(sessions), holding(sessions)];
    const [third, fourth] = [holding(sessions, leaving.signal), holding(sessions)];
    await expect.poll(() => first.isRunning() && second.isRunning()).toBe(true);
    leaving.abort();
    await expect(third.done).rejects.toMatchObject({ code: 'SERVER_BUSY' });
    expect(fourth.isRunning()).toBe(false);
    first.letGo();
    await expect.poll(() => fourth.isRunning()).toBe(true);
    second.letGo();
    fourth.letGo();
    await Promise.all([first.done, second.done, fourth.done]);
  });

  it('are closed once they have answered, before the next one works', async () => {
    const sessions = await sessionsIn(await temporaryFolder());
    const [first, second, third] = [holding(sessions), holding(sessions), holding(sessions)];
    await expect.poll(() => first.isRunning() && second.isRunning()).toBe(true);
    first.letGo();
    const { spillFolder } = await first.done;
    await expect.poll(() => third.isRunning()).toBe(true);
    expect(existsSync(spillFolder)).toBe(false);
    second.letGo();
    third.letGo();
    await Promise.all([second.done, third.done]);
  });

  it('are refused when too many wait', async () => {
    const sessions = await sessionsIn(await temporaryFolder());
    const all = Array.from({ length: 53 }, () => holding(sessions));
    await expect(all.at(-1)?.done).rejects.toMatchObject({ code: 'SERVER_BUSY' });
    for (const { letGo } of all) letGo();
    await Promise.all(all.slice(0, -1).map(({ done }) => done));
  }, 30_000);

  it('leave nothing behind when they are closed', async () => {
    const folder = await temporaryFolder();
    const sessions = new SqlSessions({ memoryBytes: 2 ** 28, lake: folder });
    const one = holding(sessions);
    one.letGo();
    await one.done;
    await sessions.close();
    expect((await readdir(folder, { recursive: true })).filter((name) => !name.endsWith('_spool'))).toEqual(
      [],
    );
  });
});
