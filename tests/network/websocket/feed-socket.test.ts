import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HostLimits } from '../../../src/network/http/host-limits.ts';
import type { ConnectionState } from '../../../src/network/websocket/connection-machine.ts';
import { FeedSocket } from '../../../src/network/websocket/feed-socket.ts';
import type { FeedTimeouts } from '../../../src/network/websocket/feed-timeouts.ts';
import {
  bendableClock,
  CANARY_FRAME,
  feedServer,
  httpAnswer,
  LIQUIDATION_FRAME,
  liquidationSpec,
  openHostLimits,
  SHORT,
} from '../../support/feed-server.ts';
import { eventually } from '../../support/program.ts';

interface Watched {
  readonly socket: FeedSocket;
  readonly states: ConnectionState[];
  readonly texts: string[];
  /** Answers of pings that its reader has not given yet. */
  readonly pings: Array<() => void>;
  /** Why it ended. */
  readonly reason: () => string;
  readonly isOver: () => boolean;
  readonly clock: ReturnType<typeof bendableClock>;
}

async function watched(
  url: string,
  { timeouts = SHORT, hostLimits }: { timeouts?: FeedTimeouts; hostLimits?: HostLimits } = {},
): Promise<Watched> {
  const clock = bendableClock();
  const states: ConnectionState[] = [];
  const texts: string[] = [];
  const pings: Array<() => void> = [];
  let end = '';
  const socket = new FeedSocket({
    url,
    spec: liquidationSpec(),
    topics: [],
    hostLimits: hostLimits ?? (await openHostLimits()),
    clock,
    timeouts,
    connection: 'ws-1',
    emit: (event) => {
      if (event.type === 'message') texts.push(event.data.toString());
      if (event.type === 'ping') pings.push(event.answer);
      if (event.type !== 'state') return;
      states.push(event.state);
      if (event.state === 'waiting' || event.state === 'stopped') end = event.reason;
    },
  });
  onTestFinished(() => socket.end('stop', 'test over'));
  return {
    socket,
    states,
    texts,
    pings,
    clock,
    reason: () => end,
    isOver: () => states.includes('waiting') || states.includes('stopped'),
  };
}

async function endOf(url: string, options?: Parameters<typeof watched>[1]): Promise<string> {
  const feed = await watched(url, options);
  await eventually('it has ended', feed.isOver);
  return feed.reason();
}

describe('a feed socket', () => {
  it('listens when the first data comes, and hands on every frame', async () => {
    const server = await feedServer();
    const feed = await watched(`${server.url}/market/stream?streams=a/b@1s`);
    await eventually('it listens', () => feed.socket.state === 'listening');
    server.broadcast(LIQUIDATION_FRAME);
    await eventually('the liquidation comes', () => feed.texts.includes(LIQUIDATION_FRAME));
    expect(feed.states).toEqual(['subscribed', 'listening']);
    expect(server.upgrades).toEqual(['/market/stream?streams=a/b@1s']);
  });

  it('answers a ping only when its reader has what came before', async () => {
    const server = await feedServer();
    const feed = await watched(server.url);
    await eventually('it listens', () => feed.socket.state === 'listening');
    const pongs: string[] = [];
    const [socket] = server.open();
    socket?.on('pong', (data) => pongs.push(data.toString()));
    socket?.send(LIQUIDATION_FRAME);
    socket?.ping('1');
    await eventually('the ping is there', () => feed.pings.length === 1);
    expect(feed.texts).toContain(LIQUIDATION_FRAME);
    const count = feed.texts.length;
    await eventually('more frames come', () => feed.texts.length > count + 2);
    expect(pongs).toEqual([]);
    feed.pings[0]?.();
    await eventually('it is answered', () => pongs.length === 1);
    expect(pongs).toEqual(['1']);
  });

  it('does not take an acknowledgement for data, and says which route to check', async () => {
    const server = await feedServer((socket) => socket.send('{"result":null,"id":1}'));
    server.tickEvery(0);
    const feed = await watched(server.url);
    await eventually('it has ended', feed.isOver);
    expect(feed.texts).toEqual(['{"result":null,"id":1}']);
    expect(feed.states).toEqual(['subscribed', 'waiting']);
    expect(feed.reason()).toMatch(/route.*BINANCE_FUTURES_WS_URL.*\/market\)$/);
  });

  it('is cut when data stops though pings are still answered', async () => {
    const server = await feedServer();
    const feed = await watched(server.url);
    await eventually('it listens', () => feed.socket.state === 'listening');
    server.tickEvery(0);
    const pings = setInterval(() => server.open().map((socket) => socket.ping()), 50);
    onTestFinished(() => clearInterval(pings));
    const sinceMs = performance.now();
    await eventually('it is cut', feed.isOver);
    expect(performance.now() - sinceMs).toBeLessThan(SHORT.silentMs + 900);
    expect(feed.states).toEqual(['subscribed', 'listening', 'suspect', 'waiting']);
    expect(feed.reason()).toMatch(/^no message for/);
    await eventually('the server sees it', () => server.open().length === 0);
  });

  it('is no longer suspect when data comes again', async () => {
    const server = await feedServer();
    const feed = await watched(server.url, { timeouts: { ...SHORT, silentMs: 5000 } });
    await eventually('it listens', () => feed.socket.state === 'listening');
    server.tickEvery(0);
    await eventually('it is suspect', () => feed.socket.state === 'suspect');
    server.tickEvery(40);
    await eventually('it listens again', () => feed.socket.state === 'listening');
  });

  it('stays in a quiet market as long as the canary ticks', async () => {
    const server = await feedServer();
    const feed = await watched(server.url);
    await eventually('ticks come for long', () => feed.texts.length > 35);
    expect(feed.states).toEqual(['subscribed', 'listening']);
  });

  it('is not cut because this process was asleep while data waited in the socket', async () => {
    const server = await feedServer();
    const feed = await watched(server.url);
    await eventually('it listens', () => feed.socket.state === 'listening');
    // Nothing in this process runs for longer than the silence that would cut it: the server's ticks neither.
    const until = performance.now() + SHORT.silentMs + 1500;
    while (performance.now() < until);
    const seen = feed.texts.length;
    await eventually('ticks come again', () => feed.texts.length > seen + 10);
    expect(feed.isOver()).toBe(false);
  });

  it('is not cut when the machine slept, but is when nothing comes afterwards', async () => {
    const server = await feedServer();
    const feed = await watched(server.url, { timeouts: { ...SHORT, quietMs: 1500, silentMs: 2500 } });
    await eventually('it listens', () => feed.socket.state === 'listening');
    server.tickEvery(700);
    const seen = feed.texts.length;
    await eventually('a tick came', () => feed.texts.length > seen);
    feed.clock.skip(3_600_000);
    await eventually('more come', () => feed.texts.length > seen + 2);
    expect(feed.isOver()).toBe(false);
    server.tickEvery(0);
    feed.clock.skip(3_600_000);
    await eventually('it is cut', feed.isOver);
  });

  it('reads nothing while paused, is not called silent for it, and loses nothing', async () => {
    const server = await feedServer();
    const feed = await watched(server.url);
    await eventually('it listens', () => feed.socket.state === 'listening');
    feed.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const seen = feed.texts.length;
    for (let n = 0; n < 100; n++) server.broadcast(LIQUIDATION_FRAME);
    await new Promise((resolve) => setTimeout(resolve, SHORT.silentMs + 500));
    expect(feed.texts.length).toBe(seen);
    feed.socket.resume();
    await eventually(
      'all come',
      () => feed.texts.filter((text) => text === LIQUIDATION_FRAME).length === 100,
    );
    expect(feed.isOver()).toBe(false);
  });

  it('hands on nothing after its end', async () => {
    const server = await feedServer();
    const feed = await watched(server.url);
    await eventually('it listens', () => feed.socket.state === 'listening');
    for (let n = 0; n < 1000; n++) server.broadcast(CANARY_FRAME);
    feed.socket.end('stop', 'enough');
    const seen = feed.texts.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(feed.texts.length).toBe(seen);
    expect(feed.states.at(-1)).toBe('stopped');
  });
});

describe('the end of a feed socket is explained', () => {
  it.each([
    [
      'by the code of the server',
      (socket: { close(code: number, text: string): void }) => socket.close(1008, 'too \u001b[31m many'),
      /^closed by the server with 1008 \(too \\u001b\[31m many\)$/,
    ],
    ['by a cut', (socket: { terminate(): void }) => socket.terminate(), /^the connection was lost.*1006/],
    [
      'by a frame that is too large',
      (socket: { send(data: Buffer): void }) => socket.send(Buffer.alloc(17 * 2 ** 20)),
      /broke the WebSocket protocol/,
    ],
  ])('%s', async (_, act, reason) => {
    const server = await feedServer();
    const feed = await watched(server.url, { timeouts: { ...SHORT, quietMs: 5000, silentMs: 10_000 } });
    await eventually('it listens', () => feed.socket.state === 'listening');
    for (const socket of server.open()) act(socket);
    await eventually('it has ended', feed.isOver);
    expect(feed.reason()).toMatch(reason);
  });

  it('when nothing listens at the address, or it has no name', async () => {
    expect(await endOf('ws://127.0.0.1:1')).toBe('connection refused');
    expect(await endOf('ws://no-such-exchange.invalid')).toBe('the host name cannot be resolved');
  });

  it('when TLS is asked of a server that does not speak it, and when its certificate is not trusted', async () => {
    const plain = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const secure = createTlsServer({});
    for (const server of [plain, secure]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const { port } = server.address() as { port: number };
      expect(await endOf(`wss://127.0.0.1:${port}`)).toMatch(/^the secure connection failed \(\w+\)$/);
    }
  });

  it('when the handshake is never answered, or only a byte at a time', async () => {
    const server = await feedServer();
    for (const answer of [
      () => undefined,
      (socket: { write(text: string): void; destroyed: boolean }) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nX-Slow: ');
        const drip = setInterval(() => socket.destroyed || socket.write('h'), 50);
        onTestFinished(() => clearInterval(drip));
      },
    ]) {
      server.refuse(answer);
      const timeouts = { ...SHORT, handshakeMs: 300 };
      expect(await endOf(server.url, { timeouts })).toMatch(/did not answer the handshake/);
    }
  });

  it('when the handshake is refused, with what the exchange said, and the host is closed for all', async () => {
    const server = await feedServer();
    const hostLimits = await openHostLimits();
    server.refuse(httpAnswer(429, { 'retry-after': '60' }, '{"code":-1003,"msg":"Too many\u0007 requests"}'));
    expect(await endOf(server.url, { hostLimits })).toMatch(
      /limits this address until .*429.*Too many\\u0007/,
    );
    expect(hostLimits.refusalOf(`http://${server.host}/fapi/v1/time`)?.code).toBe('EXCHANGE_BANNED');
  });

  it('when the refusal has a body without end', async () => {
    const server = await feedServer();
    server.refuse((socket) => {
      socket.write('HTTP/1.1 403 Forbidden\r\ntransfer-encoding: chunked\r\n\r\n');
      const more = setInterval(() => socket.destroyed || socket.write(`400\r\n${'x'.repeat(1024)}\r\n`), 10);
      onTestFinished(() => clearInterval(more));
    });
    const reason = await endOf(server.url, { timeouts: { ...SHORT, handshakeMs: 5000 } });
    expect(reason).toMatch(/firewall/);
    expect(reason.length).toBeLessThan(400);
  });

  it('when the address leads elsewhere', async () => {
    const server = await feedServer();
    server.refuse(httpAnswer(404, {}, 'not here'));
    expect(await endOf(server.url)).toMatch(/refused with 404.*BINANCE_FUTURES_WS_URL/);
  });
});
