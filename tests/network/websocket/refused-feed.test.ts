import { describe, expect, it } from 'vitest';
import { CANARY_FRAME, feedServer, httpAnswer, SHORT } from '../../support/feed-server.ts';
import { at, listen, NEVER_MS } from '../../support/listening-feed.ts';
import { eventually } from '../../support/program.ts';

describe('a feed pair whose exchange refuses', () => {
  it.each([429, 403])('asks once with %i, waits, and stops within a second', async (status) => {
    const server = await feedServer();
    server.refuse(httpAnswer(status, {}, 'no'));
    const feed = await listen(server);
    await eventually('it asked', () => server.upgrades.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(server.upgrades.length).toBe(1);
    const sinceMs = performance.now();
    await feed.stop();
    expect(performance.now() - sinceMs).toBeLessThan(1000);
  });

  it('ends with EXCHANGE_BLOCKED after one request with 451 when nothing ever worked', async () => {
    const server = await feedServer();
    server.refuse(httpAnswer(451, {}, '{"code":0,"msg":"Service unavailable from a restricted location"}'));
    const feed = await listen(server);
    expect(await feed.ended).toMatchObject({
      code: 'EXCHANGE_BLOCKED',
      hint: expect.stringMatching(/BINANCE/),
    });
    expect(server.upgrades.length).toBe(1);
  });

  it('dials again with growing pauses when nobody answers, and stops at once', async () => {
    const server = await feedServer((socket) => socket.terminate());
    const feed = await listen(server, { timeouts: { ...SHORT, maxBackOffMs: 60_000 }, random: () => 1 });
    await eventually('it dialled thrice', () => server.upgrades.length >= 6, 8000);
    const sinceMs = performance.now();
    await feed.stop();
    expect(performance.now() - sinceMs).toBeLessThan(500);
    expect(feed.events).toEqual([]);
    expect(feed.messages.filter(({ text }) => text !== CANARY_FRAME)).toEqual([]);
  });

  it('begins anew with short pauses only when data has flowed for a while, not when a connection just opened', async () => {
    const server = await feedServer((socket) => {
      socket.send(CANARY_FRAME);
      if (server.sockets.length <= 3) setTimeout(() => socket.terminate(), 20);
    });
    const openedMs: number[] = [];
    const feed = await listen(server, {
      sockets: 1,
      timeouts: { ...SHORT, maxBackOffMs: 60_000, quietMs: NEVER_MS, silentMs: NEVER_MS },
      random: () => 1,
      emit: ({ type }) => type === 'connected' && openedMs.push(performance.now()),
    });
    // After the third one 250 + 500 + 1000 ms were waited; the fourth one lives.
    await eventually('the fourth one listens', () => openedMs.length === 4);
    const pauses = () => openedMs.slice(1).map((ms, i) => ms - (openedMs[i] ?? 0));
    expect(pauses()[1]).toBeGreaterThan(450);
    expect(pauses()[2]).toBeGreaterThan(950);
    feed.clock.skip(20_000);
    server.broadcast(CANARY_FRAME);
    await eventually('data flowed', () => feed.messages.length > 8);
    at(server, 3).terminate();
    await eventually('the fifth one listens', () => openedMs.length === 5);
    expect((openedMs[4] ?? 0) - (openedMs[3] ?? 0)).toBeLessThan(1500);
  });

  it('begins anew also when the connection whose data flowed was rotated away', async () => {
    const server = await feedServer((socket) => {
      socket.send(CANARY_FRAME);
      if (server.sockets.length <= 3) setTimeout(() => socket.terminate(), 20);
    });
    const openedMs: number[] = [];
    const feed = await listen(server, {
      sockets: 1,
      timeouts: { ...SHORT, maxBackOffMs: 60_000, quietMs: NEVER_MS, silentMs: NEVER_MS },
      random: () => 1,
      maxAgeMs: 15_000,
      emit: ({ type }) => type === 'connected' && openedMs.push(performance.now()),
    });
    await eventually('the fourth one listens', () => openedMs.length === 4);
    feed.clock.skip(20_000);
    server.broadcast(CANARY_FRAME);
    await eventually(
      'the fifth one takes its place',
      () => server.sockets.length === 5 && server.open().length === 1,
    );
    const lostMs = performance.now();
    at(server, 4).terminate();
    await eventually('the sixth one listens', () => openedMs.length === 5);
    expect((openedMs[4] ?? 0) - lostMs).toBeLessThan(1500);
  });
});
