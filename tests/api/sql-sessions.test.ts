import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LakeSession } from '../../src/query/session/lake-session.ts';
import { OpenTables } from '../../src/questions/open-tables.ts';
import { querySql } from '../../src/questions/query-sql.ts';
import { SqlSessions } from '../../src/questions/sql-sessions.ts';
import { storeLiquidation } from '../support/bars.ts';
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

const DAY_US = Date.UTC(2026, 10, 1) * 1000;

/** A lake with one liquidation, asked as the API does it. */
async function lakeOfOne() {
  const lake = await temporaryFolder();
  await storeLiquidation(lake, DAY_US);
  const sessions = await sessionsIn(lake);
  const seen: Promise<LakeSession>[] = [];
  const tables = new OpenTables(lake);
  const watched = {
    use: <T>(signal: AbortSignal, work: (session: Promise<LakeSession>) => Promise<T>) =>
      sessions.use(signal, (session) => {
        seen.push(session);
        return work(session);
      }),
  };
  const ask = async (sql: string) => {
    const { signal } = new AbortController();
    const question = { lake, sql, limit: 10, pin: { kind: 'newest' } as const, memoryBytes: 2 ** 28 };
    const { rows } = await querySql({ ...question, sessions: watched, tables, signal });
    // Whoever has the answer does not wait until the session is ready for the next one.
    await expect.poll(() => sessions.load.running).toBe(0);
    return Array.from({ length: rows.rowCount }, (_, row) => rows.columns.map((column) => column[row]));
  };
  return { lake, ask, seen, sessions };
}

describe('sessions of SQL', () => {
  it('that showed nothing are of one question each, though the next one is started ahead', async () => {
    const sessions = await sessionsIn(await temporaryFolder());
    const seen = new Set<LakeSession>();
    for (let question = 0; question < 3; question++) {
      const one = holding(sessions);
      one.letGo();
      seen.add(await one.done);
    }
    expect(seen.size).toBe(3);
  });

  it('answer the next question about the same files, with the rows of its own', async () => {
    const { ask, seen } = await lakeOfOne();
    expect(await ask('SELECT symbol FROM liquidation')).toEqual([['BTCUSDT']]);
    expect(await ask('SELECT count(*) FROM liquidation')).toEqual([[1n]]);
    expect(await ask('SELECT 1 AS one')).toEqual([[1]]);
    expect(new Set(seen).size).toBe(1);
  });

  it('are others for files that were not there before', async () => {
    const { lake, ask, seen } = await lakeOfOne();
    expect(await ask('SELECT count(*) FROM liquidation')).toEqual([[1n]]);
    await storeLiquidation(lake, DAY_US + 60e6, 'ETHUSDT');
    await expect.poll(() => ask('SELECT count(*) FROM liquidation')).toEqual([[2n]]);
    expect(new Set(seen).size).toBe(2);
  });

  it('are others for files that the question before had skipped', async () => {
    const { lake, ask, seen } = await lakeOfOne();
    await storeLiquidation(lake, DAY_US + 86_400e6, 'ETHUSDT');
    const onDay = (day: number) =>
      ask(`SELECT symbol FROM liquidation WHERE date = DATE '2026-11-0${day}' ORDER BY ALL`);
    expect([await onDay(1), await onDay(2), await onDay(2)]).toEqual([
      [['BTCUSDT']],
      [['ETHUSDT']],
      [['ETHUSDT']],
    ]);
    // The second question was begun in the session of the first.
    expect([new Set(seen).size, seen.length]).toEqual([2, 4]);
  });

  it('that are kept show nothing of the question before, and read no file but its own', async () => {
    const { lake, ask, seen } = await lakeOfOne();
    await ask('SELECT count(*) FROM liquidation');
    const session = await (seen[0] as Promise<LakeSession>);
    const run = (sql: string) => session.connection.runAndReadAll(sql);
    await expect(run('SELECT * FROM liquidation')).rejects.toThrow('does not exist');
    await writeFile(join(lake, 'other.csv'), 'a\n1\n');
    await expect(run(`SELECT * FROM '${join(lake, 'other.csv')}'`)).rejects.toThrow('Permission');
    await expect(run('SET enable_external_access = true')).rejects.toThrow();
  });

  it('are not kept when a question failed, nor beyond the end', async () => {
    const { ask, seen, sessions } = await lakeOfOne();
    await expect(ask('SELECT error(symbol) FROM liquidation')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
    });
    await ask('SELECT count(*) FROM liquidation');
    expect(new Set(seen).size).toBe(2);
    await sessions.close();
    const folders = (await Promise.all(seen)).map(({ spillFolder }) => spillFolder);
    expect(folders.map((folder) => existsSync(folder))).toEqual([false, false]);
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
