import { expect, it, onTestFinished } from 'vitest';
import { FeedSocket } from '../../../src/network/websocket/feed-socket.ts';
import { sourceOf } from '../../../src/sources/registry.ts';
import {
  bendableClock,
  feedServer,
  liquidationSpec,
  openHostLimits,
  SHORT,
} from '../../support/feed-server.ts';
import { eventually } from '../../support/program.ts';

it('a venue that wants to hear from its clients gets its text again and again, until the socket ends', async () => {
  const heard: string[] = [];
  const server = await feedServer((socket) =>
    socket.on('message', (data: Buffer) => {
      heard.push(data.toString());
      socket.send('pong');
    }),
  );
  const socket = new FeedSocket({
    url: server.url,
    spec: { ...liquidationSpec(), keepAlive: { text: '{"op":"ping"}', intervalMs: 30 } },
    topics: [],
    hostLimits: await openHostLimits(),
    clock: bendableClock(),
    timeouts: SHORT,
    connection: 'ws-1',
    emit: () => undefined,
  });
  onTestFinished(() => socket.end('stop', 'test over'));
  await eventually('it is heard', () => heard.length >= 3);
  expect(new Set(heard)).toEqual(new Set(['{"op":"ping"}']));
  expect(socket.state).toBe('listening');
  socket.end('stop', 'enough');
  await eventually('it has ended', () => server.open().length === 0);
  const { length } = heard;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(heard).toHaveLength(length);
});

it.each([
  ['liquidations-bybit', '{"op":"ping"}', 20_000],
  ['liquidations-okx', 'ping', 30_000],
])('%s says so before the venue cuts it off', (source, text, cutMs) => {
  const { keepAlive } = sourceOf(source).feed ?? {};
  expect(keepAlive?.text).toBe(text);
  expect(keepAlive?.intervalMs).toBeLessThanOrEqual(cutMs);
});
