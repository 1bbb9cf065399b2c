import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { S3Store } from '../../src/delta/store/s3-store.ts';
import { acquireLease } from '../../src/lake/lease.ts';
import { fakeS3 } from '../support/fake-s3.ts';
import { eventually } from '../support/program.ts';

const RENEW_MS = 20_000;

// Renewals come when the test says so; the network keeps its own time.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

async function source() {
  const server = await fakeS3();
  const client = server.client({ maxAttempts: 1 });
  const take = async (holder: string, waitMs = 0) => {
    const lease = await acquireLease(
      's3://lake/x',
      { name: 'liquidations', holder, waitMs },
      (location) => new S3Store(location, { client }),
    );
    onTestFinished(() => lease.release());
    return lease;
  };
  const renewal = () => {
    const before = server.requests.length;
    vi.advanceTimersByTime(RENEW_MS);
    return eventually('a renewal', () => server.requests.length >= before + 2);
  };
  return { server, take, renewal };
}

describe('a lease', () => {
  it('keeps others out for 60 s after its last renewal, by the clock of the store, and is then taken over', async () => {
    const { server, take } = await source();
    const first = await take('a');
    server.aheadMs = 58_000;
    await expect(take('b')).rejects.toMatchObject({
      code: 'LAKE_LOCKED',
      message: expect.stringContaining('on another machine'),
    });
    server.aheadMs = 61_000;
    const second = await take('b');
    expect(first.lost.aborted).toBe(false);
    vi.advanceTimersByTime(RENEW_MS);
    await eventually('the first one knows', () => first.lost.aborted);
    expect(first.lost.reason).toMatchObject({ code: 'LAKE_LOCKED' });
    expect(second.lost.aborted).toBe(false);
  });

  it('that is renewed outlives a minute', async () => {
    const { server, take, renewal } = await source();
    await take('a');
    for (server.aheadMs = 40_000; server.aheadMs <= 160_000; server.aheadMs += 40_000) {
      await renewal();
      await expect(take('b')).rejects.toMatchObject({ code: 'LAKE_LOCKED' });
    }
  });

  it('is free at once when it was released, and always for the one who holds it', async () => {
    const { take } = await source();
    const first = await take('a');
    await take('a');
    vi.advanceTimersByTime(RENEW_MS);
    await eventually('the earlier process of the same holder ends', () => first.lost.aborted);
    const { take: takeAnew } = await source();
    await (await takeAnew('a')).release();
    await takeAnew('b');
  });

  it('goes to one of many who want it at the same moment', async () => {
    const { take } = await source();
    const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((holder) => take(holder)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is waited for while the store is away: capture begins, and who held it meanwhile is named later', async () => {
    const { server, take } = await source();
    server.faults.push({ mode: 'reset-before', times: 1000 });
    const waiting = await take('a');
    server.faults.length = 0;
    await take('b');
    vi.advanceTimersByTime(RENEW_MS);
    await eventually('the loss is reported', () => waiting.lost.aborted);
  });
});
