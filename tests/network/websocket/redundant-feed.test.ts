import { describe, expect, it, onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import type { FeedEvent } from '../../../src/network/websocket/feed-event.ts';
import { RedundantFeed, type RedundantFeedOptions } from '../../../src/network/websocket/redundant-feed.ts';
import {
  bendableClock,
  CANARY_FRAME,
  type FeedServer,
  feedServer,
  httpAnswer,
  LIQUIDATION_FRAME,
  liquidationPlan,
  liquidationSpec,
  openHostLimits,
  SHORT,
} from '../../support/feed-server.ts';
import { eventually } from '../../support/program.ts';

const HOUR_MS = 3_600_000;
const NEVER_MS = 1e12;
const STREAMS = '/market/stream?streams=!forceOrder@arr/btcusdt@markPrice@1s';

interface Listening {
  readonly pair: RedundantFeed;
  /** `connected ws-1`, `disconnected ws-1: reason`, `unproven`, in order. */
  readonly events: string[];
  readonly unprovenSinceUs: number[];
  readonly messages: Array<{ readonly connection: string; readonly text: string }>;
  readonly clock: ReturnType<typeof bendableClock>;
  readonly stop: () => Promise<void>;
  readonly ended: Promise<unknown>;
}

async function listen(
  server: FeedServer,
  { emit, ...options }: Partial<RedundantFeedOptions> = {},
): Promise<Listening> {
  const events: string[] = [];
  const unprovenSinceUs: number[] = [];
  const messages: Array<{ connection: string; text: string }> = [];
  const clock = bendableClock();
  const pair = new RedundantFeed({
    spec: liquidationSpec(),
    plan: liquidationPlan(server.url),
    sockets: 2,
    hostLimits: await openHostLimits(),
    clock,
    random: () => 0,
    timeouts: SHORT,
    unprovenAfterMs: NEVER_MS,
    emit: (event: FeedEvent) => {
      emit?.(event);
      if (event.type === 'message')
        messages.push({ connection: event.connection, text: event.data.toString() });
      else if (event.type === 'connected') events.push(`connected ${event.connection}`);
      else if (event.type === 'disconnected')
        events.push(`disconnected ${event.connection}: ${event.reason}`);
      else if (event.type === 'unproven') {
        events.push('unproven');
        unprovenSinceUs.push(event.sinceUs);
      }
    },
    ...options,
  });
  const stopping = new AbortController();
  const ended = pair.run(stopping.signal).catch((error: unknown) => error);
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  onTestFinished(stop);
  return { pair, events, unprovenSinceUs, messages, clock, stop, ended };
}

async function bothListen({ pair }: Listening): Promise<void> {
  await eventually('both listen', () => pair.states.every((state) => state === 'listening'));
}

/** The connection whose messages came over this server socket. */
function at(server: FeedServer, index: number): WebSocket {
  const socket = server.sockets[index];
  if (socket === undefined) throw new Error(`no connection ${index}`);
  return socket;
}

describe('a feed pair', () => {
  it('listens on two sockets of the market route, streams as they are', async () => {
    const server = await feedServer();
    const feed = await listen(server);
    await bothListen(feed);
    expect(server.upgrades).toEqual([STREAMS, STREAMS]);
    expect(feed.events.toSorted()).toEqual(['connected ws-1', 'connected ws-2']);
    server.broadcast(LIQUIDATION_FRAME);
    await eventually('both deliver', () => {
      const from = feed.messages.filter(({ text }) => text === LIQUIDATION_FRAME);
      return new Set(from.map(({ connection }) => connection)).size === 2;
    });
    await feed.stop();
    expect(feed.events.slice(2).toSorted()).toEqual([
      'disconnected ws-1: stopped',
      'disconnected ws-2: stopped',
    ]);
    expect(feed.pair.states).toEqual(['stopped', 'stopped']);
    await eventually('the server sees it', () => server.open().length === 0);
  });

  it('connects again when a socket is lost, and says when it did not listen', async () => {
    const server = await feedServer();
    const feed = await listen(server, { sockets: 1 });
    await bothListen(feed);
    at(server, 0).close(1012, 'restart');
    await eventually('it is back', () => feed.events.length === 3);
    expect(feed.events).toEqual([
      'connected ws-1',
      'disconnected ws-1: closed by the server with 1012 (restart)',
      'connected ws-1',
    ]);
  });

  it('says that a connection ended which brought acknowledgements but never data', async () => {
    const server = await feedServer((socket) => socket.send('{"result":null,"id":1}'));
    server.tickEvery(0);
    const feed = await listen(server, { sockets: 1 });
    await eventually('it has ended', () => feed.events.length > 0);
    expect(feed.events[0]).toMatch(
      /^disconnected ws-1: the exchange accepted the subscription and sent nothing/,
    );
  });

  it('rotates without a hole: the new socket listens, both deliver, then the old one closes', async () => {
    const server = await feedServer();
    server.tickEvery(10);
    let sent = 0;
    const numbered = setInterval(() => {
      sent++;
      const frame = LIQUIDATION_FRAME.replace('"E":1', `"E":${sent}`);
      // The way over the older connections is longer.
      for (const socket of server.open()) {
        const delayMs = socket === server.sockets.at(-1) ? 0 : 80;
        setTimeout(() => socket.send(frame, () => undefined), delayMs);
      }
    }, 3);
    onTestFinished(() => clearInterval(numbered));
    const feed = await listen(server, { sockets: 1, maxAgeMs: 700 });
    await eventually('it rotated twice', () => server.sockets.length >= 3);
    await eventually('the old ones are closed', () => server.open().length === 1);
    expect(feed.events).toEqual(['connected ws-1']);
    const numbers = new Set(feed.messages.map(({ text }) => Number(/"E":(\d+)/.exec(text)?.[1])));
    numbers.delete(Number.NaN);
    const all = [...numbers].toSorted((a, b) => a - b);
    expect(all.length).toBeGreaterThan(50);
    expect(all.at(-1)).toBe((all[0] ?? 0) + all.length - 1);
  });

  it('goes to another address without a hole when something else is to be listened to, one socket after the other', async () => {
    const server = await feedServer();
    server.tickEvery(10);
    let sent = 0;
    const numbered = setInterval(() => {
      sent++;
      server.broadcast(LIQUIDATION_FRAME.replace('"E":1', `"E":${sent}`));
    }, 3);
    onTestFinished(() => clearInterval(numbered));
    const feed = await listen(server);
    await bothListen(feed);
    const more = `${STREAMS}/ethusdt@forceOrder`;
    feed.pair.setUrl(`${server.url}${more}`);
    await eventually('both moved', () => server.upgrades.filter((url) => url === more).length === 2);
    await eventually('the old ones are closed', () => server.open().length === 2);
    expect(feed.events.toSorted()).toEqual(['connected ws-1', 'connected ws-2']);
    for (const connection of ['ws-1', 'ws-2']) {
      const own = feed.messages.filter((message) => message.connection === connection);
      const numbers = new Set(own.map(({ text }) => Number(/"E":(\d+)/.exec(text)?.[1])));
      numbers.delete(Number.NaN);
      const all = [...numbers].toSorted((a, b) => a - b);
      expect(all.at(-1)).toBe((all[0] ?? 0) + all.length - 1);
    }
    at(server, server.sockets.length - 1).close(1012, 'restart');
    await eventually('it comes back there', () => server.upgrades.filter((url) => url === more).length === 3);
  });

  it('staggers the rotations: the second slot goes first, at half the age, and never both at once', async () => {
    const server = await feedServer();
    const feed = await listen(server, { maxAgeMs: 23 * HOUR_MS });
    await bothListen(feed);
    let most = 0;
    const count = setInterval(() => {
      most = Math.max(most, server.open().length);
    }, 5);
    onTestFinished(() => clearInterval(count));
    feed.clock.skip(12 * HOUR_MS);
    await eventually('one is replaced', () => server.sockets.length === 3 && server.open().length === 2);
    const second = server.open().indexOf(at(server, 0)) >= 0;
    feed.clock.skip(11.5 * HOUR_MS);
    await eventually(
      'the other is replaced',
      () => server.sockets.length === 4 && server.open().length === 2,
    );
    expect(second).toBe(true);
    expect(at(server, 0).readyState).toBe(3);
    expect(most).toBe(3);
    expect(feed.events.length).toBe(2);
  });

  it('keeps the old socket when its replacement fails, and does not insist', async () => {
    const server = await feedServer();
    const feed = await listen(server, { sockets: 1, maxAgeMs: 400 });
    await bothListen(feed);
    server.refuse(httpAnswer(503, {}, ''));
    await eventually('it was tried', () => server.upgrades.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(server.upgrades.length).toBe(2);
    expect(feed.events).toEqual(['connected ws-1']);
    expect(feed.pair.states).toEqual(['listening']);
  });

  it('does not rotate towards a host that has asked us to wait', async () => {
    const server = await feedServer();
    const hostLimits = await openHostLimits();
    const feed = await listen(server, { sockets: 1, maxAgeMs: 1000, hostLimits });
    await bothListen(feed);
    await hostLimits.refused(`http://${server.host}/`, { status: 429, retryAfter: '60', body: '' });
    await new Promise((resolve) => setTimeout(resolve, 1800));
    expect(server.upgrades.length).toBe(1);
    expect(feed.pair.states).toEqual(['listening']);
  });

  it('goes over to the replacement when the old socket dies in the middle of a rotation', async () => {
    let slow = false;
    const server = await feedServer((socket) => {
      if (slow) server.silenced.add(socket);
    });
    const feed = await listen(server, { sockets: 1, maxAgeMs: 600 });
    await bothListen(feed);
    slow = true;
    await eventually('it rotates', () => server.sockets.length === 2);
    at(server, 0).terminate();
    await eventually('that is noticed', () => feed.events.length === 2);
    server.silenced.clear();
    await eventually('it listens again', () => feed.events.length === 3);
    expect(server.sockets.length).toBe(2);
    expect(feed.pair.states).toEqual(['listening']);
  });

  it('rotates at once when the server announces its end, once however often it says so', async () => {
    const server = await feedServer();
    const feed = await listen(server, { sockets: 1 });
    await bothListen(feed);
    for (let n = 0; n < 20; n++)
      at(server, 0).send('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}');
    const sinceMs = performance.now();
    await eventually('the new one listens', () => server.sockets.length === 2 && server.open().length === 1);
    expect(performance.now() - sinceMs).toBeLessThan(1000);
    at(server, 1).send('{"e":"serverShutdown","E":1770123456789}');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.sockets.length).toBe(2);
    expect(feed.events).toEqual(['connected ws-1']);
  });

  it('calls silence of liquidations unproven once, and replaces the sockets one after the other', async () => {
    const server = await feedServer();
    const feed = await listen(server, { unprovenAfterMs: 800 });
    await bothListen(feed);
    server.broadcast(LIQUIDATION_FRAME);
    const sentAtUs = Date.now() * 1000;
    await eventually('it is unproven', () => feed.events.includes('unproven'));
    expect(Math.abs((feed.unprovenSinceUs[0] ?? 0) - sentAtUs)).toBeLessThan(300_000);
    await eventually('both are replaced', () => server.sockets.length >= 4);
    expect(feed.events.filter((event) => event.startsWith('disconnected'))).toEqual([]);
    await eventually('it was noticed again', () => server.sockets.length >= 6);
    expect(feed.events.filter((event) => event === 'unproven').length).toBe(1);
    server.broadcast(LIQUIDATION_FRAME);
    await eventually(
      'the next silence is another one',
      () => feed.events.filter((event) => event === 'unproven').length === 2,
    );
  });

  it('says it again for a connection that comes back while liquidations are silent', async () => {
    const server = await feedServer();
    const feed = await listen(server, { sockets: 1, unprovenAfterMs: 700 });
    await eventually('it is unproven', () => feed.events.includes('unproven'));
    for (const socket of server.open()) socket.terminate();
    await eventually('it is back', () => feed.events.filter((event) => event === 'unproven').length === 2);
    expect(feed.events.slice(-2)).toEqual(['connected ws-1', 'unproven']);
  });

  it('pauses all its sockets, also one that is opened meanwhile', async () => {
    const server = await feedServer();
    const feed = await listen(server, { sockets: 1 });
    await bothListen(feed);
    feed.pair.pause();
    at(server, 0).terminate();
    feed.pair.resume();
    feed.pair.pause();
    await eventually('it dials again', () => server.sockets.length === 2);
    const seen = feed.messages.length;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(feed.messages.length - seen).toBeLessThanOrEqual(1);
    feed.pair.resume();
    await eventually('it flows', () => feed.messages.length > seen + 5);
  });
});

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
