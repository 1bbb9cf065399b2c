import { describe, expect, it } from 'vitest';
import { HostLimits } from '../../../src/network/http/host-limits.ts';
import { BINANCE_LIMITS } from '../../../src/sources/binance/limits.ts';
import { openHostLimits } from '../../support/feed-server.ts';

const START_MS = Date.UTC(2026, 10, 21);
const REST = 'https://api.binance.com/api/v3/time';
const FEED = 'wss://api.binance.com/market/stream';
const NEVER = new AbortController().signal;

interface Saved {
  readonly host: string;
  readonly untilMs: number;
  readonly reason: string;
}

async function bendable(bans: Record<string, { untilMs: number; reason: string }> = {}) {
  const time = { nowMs: START_MS, stepMs: 0 };
  const saved: Saved[] = [];
  const store = {
    read: async () => bans,
    save: async (host: string, untilMs: number, reason: string) => void saved.push({ host, untilMs, reason }),
  };
  const hostLimits = await HostLimits.open({
    store,
    limits: BINANCE_LIMITS,
    clock: {
      nowUs: () => (time.nowMs + time.stepMs) * 1000,
      monotonicMs: () => time.nowMs - START_MS,
    },
  });
  /** Refuses and tells for how many seconds the host is closed. */
  const refuse = async (status: number, retryAfter?: string, body = '') => {
    await hostLimits.refused(REST, { status, retryAfter, body });
    const until = /\d{4}-[\d-]+T[\d:.]+Z/.exec(hostLimits.refusalOf(REST)?.message ?? '')?.[0];
    return until === undefined ? undefined : (Date.parse(until) - time.nowMs) / 1000;
  };
  return { hostLimits, time, saved, refuse };
}

describe('a host gate', () => {
  it('takes Retry-After as seconds or as a date, for sockets and requests alike', async () => {
    const { hostLimits, time, refuse } = await bendable();
    expect(await refuse(429, '17')).toBe(17);
    expect(hostLimits.refusalOf(FEED)?.code).toBe('EXCHANGE_BANNED');
    expect(hostLimits.refusalOf('https://fapi.binance.com/')).toBeUndefined();
    time.nowMs += 17_000;
    expect(hostLimits.refusalOf(FEED)).toBeUndefined();
    expect(await refuse(418, new Date(time.nowMs + 90_000).toUTCString())).toBe(90);
  });

  it('takes the end of a ban from its text', async () => {
    const { refuse } = await bendable();
    const body = `{"code":-1003,"msg":"Way too much; IP banned until ${START_MS + 600_000}. Please"}`;
    expect(await refuse(418, undefined, body)).toBe(600);
  });

  it('is never opened earlier by a shorter word', async () => {
    const { refuse } = await bendable();
    expect(await refuse(418, '600')).toBe(600);
    expect(await refuse(429, '1')).toBe(600);
  });

  it('waits 30 s, then twice as long each time, when 429 does not say; working resets that', async () => {
    const { hostLimits, time, refuse } = await bendable();
    for (const seconds of [30, 60, 120]) {
      expect(await refuse(429)).toBe(seconds);
      time.nowMs += seconds * 1000;
    }
    hostLimits.succeeded(FEED);
    expect(await refuse(429)).toBe(30);
  });

  it('counts refusals that were under way together as one', async () => {
    const { refuse } = await bendable();
    for (let n = 0; n < 5; n++) expect(await refuse(429)).toBe(30);
  });

  it('waits 2 minutes after 418 that does not say, and never longer than 3 days', async () => {
    const { refuse } = await bendable();
    expect(await refuse(418)).toBe(120);
    const { refuse: absurd } = await bendable();
    expect(await absurd(418, '999999999')).toBe(3 * 86_400);
  });

  it('is asked at most 3 times within half an hour of 403', async () => {
    const { hostLimits, time, refuse } = await bendable();
    let asked = 0;
    for (; time.nowMs < START_MS + 1_800_000; time.nowMs += 1000) {
      if (hostLimits.refusalOf(REST)) continue;
      asked++;
      await refuse(403, '1');
    }
    expect(asked).toBeLessThanOrEqual(3);
  });

  it('says that waiting makes no sense for 451 only when the host has never worked', async () => {
    const { hostLimits, refuse } = await bendable();
    await refuse(451);
    await expect(hostLimits.waitUntilAllowed(FEED, NEVER)).rejects.toMatchObject({
      code: 'EXCHANGE_BLOCKED',
    });
    const worked = await bendable();
    worked.hostLimits.succeeded(REST);
    await worked.refuse(451);
    const stop = AbortSignal.timeout(50);
    await expect(worked.hostLimits.waitUntilAllowed(FEED, stop)).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('believes a server in trouble that says when to come back, for minutes', async () => {
    const { refuse, saved } = await bendable();
    expect(await refuse(503)).toBeUndefined();
    expect(await refuse(503, '5')).toBe(5);
    expect(await refuse(503, '86400')).toBe(600);
    expect(saved).toEqual([]);
  });

  it('blocks the REST of every host when one bans the address, also after a restart, and no sockets of others', async () => {
    const { hostLimits, time, refuse, saved } = await bendable();
    const [futures, feed] = ['https://fapi.binance.com/fapi/v1/time', 'wss://fstream.binance.com/ws'];
    await refuse(418, '120');
    const [{ host = '', untilMs = 0, reason = '' } = {}] = saved;
    const restarted = await bendable({ [host]: { untilMs, reason } });
    for (const each of [hostLimits, restarted.hostLimits]) {
      expect(each.refusalOf(futures)).toMatchObject({
        code: 'EXCHANGE_BANNED',
        message: expect.stringMatching(/^api\.binance\.com has banned this address until 2026-11-21T00:02/),
      });
      expect(each.blockedForMs(futures)).toBe(120_000);
      expect(each.refusalOf(feed)).toBeUndefined();
    }
    time.nowMs += 120_000;
    expect(hostLimits.refusalOf(futures)).toBeUndefined();
  });

  it('keeps bans and limits over a restart, with what they were', async () => {
    const { refuse, saved } = await bendable();
    await refuse(429, '40', 'slow down');
    await refuse(403);
    expect(saved).toEqual([
      { host: 'api.binance.com', untilMs: START_MS + 40_000, reason: '429: slow down' },
    ]);
    const [{ host, ...ban }] = saved as [Saved];
    const { hostLimits, time } = await bendable({ [host]: ban });
    expect(hostLimits.refusalOf(REST)?.message).toMatch(/limits this address until .*\(429\): slow down$/);
    time.nowMs += 40_000;
    expect(hostLimits.refusalOf(REST)).toBeUndefined();
  });

  it('is not blocked for ever by nonsense in the file of bans', async () => {
    const { hostLimits, time } = await bendable({ 'api.binance.com': { untilMs: 9e15, reason: 'x' } });
    expect(hostLimits.refusalOf(REST)?.code).toBe('EXCHANGE_BANNED');
    time.nowMs += 3 * 86_400_000;
    expect(hostLimits.refusalOf(REST)).toBeUndefined();
  });

  it('is neither unblocked nor kept blocked by a step of the wall clock', async () => {
    const { hostLimits, time, refuse } = await bendable();
    await refuse(418, '3600');
    time.stepMs = 86_400_000;
    expect(hostLimits.blockedForMs(REST)).toBe(3_600_000);
    time.stepMs = -86_400_000;
    time.nowMs += 3_600_000;
    expect(hostLimits.blockedForMs(REST)).toBe(0);
  });

  it('lets those who wait go when it is time, and at once when asked to stop', async () => {
    const { hostLimits, time, refuse } = await bendable();
    await refuse(418, '3600');
    const waiting = hostLimits.waitUntilAllowed(REST, NEVER);
    time.nowMs += 3_600_000;
    await waiting;
    await refuse(418, '3600');
    const stop = new AbortController();
    const sinceMs = performance.now();
    setTimeout(() => stop.abort(), 20);
    await expect(hostLimits.acquire(REST, stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(performance.now() - sinceMs).toBeLessThan(500);
  });

  it('shows what the exchange said without mark-up and control characters', async () => {
    const { hostLimits } = await bendable();
    const body = '<html><b>Go\u001b[31m away</b></html>'.padEnd(5000, '!');
    const error = await hostLimits.refused(REST, { status: 403, retryAfter: undefined, body });
    expect(error?.message).toMatch(/Go\\u001b\[31m away !+…$/);
    expect(error?.message.length).toBeLessThan(350);
  });
});

describe('a host that has not worked yet', () => {
  it('is asked by one at a time, and by all at once when it has worked', async () => {
    const hostLimits = await openHostLimits();
    const order: string[] = [];
    const release = await hostLimits.acquire(REST, NEVER);
    const others = ['b', 'c'].map(async (name) => {
      const releaseToo = await hostLimits.acquire(FEED, NEVER);
      order.push(name);
      return releaseToo;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(order).toEqual([]);
    hostLimits.succeeded(REST);
    release();
    await Promise.all(others);
    expect(order).toEqual(['b', 'c']);
  });

  it('is not asked by those who waited when it refuses the first', async () => {
    const hostLimits = await openHostLimits();
    const release = await hostLimits.acquire(REST, NEVER);
    const stop = new AbortController();
    const others = [1, 2, 3].map(() => hostLimits.acquire(FEED, stop.signal));
    const asked = Promise.allSettled(others);
    await hostLimits.refused(REST, { status: 429, retryAfter: '60', body: '' });
    release();
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});
