import { expect, it, onTestFinished } from 'vitest';
import { createSeededRandom } from '../../../src/base/seeded-random.ts';
import { RedundantFeed } from '../../../src/network/websocket/redundant-feed.ts';
import {
  bendableClock,
  feedServer,
  httpAnswer,
  liquidationPlan,
  liquidationSpec,
  openHostLimits,
  SHORT,
} from '../../support/feed-server.ts';
import { eventually } from '../../support/program.ts';

const FAULTS_MS = 4000;

it('listens again on both sockets after any mix of faults, and says truly when each one listened', async () => {
  const random = createSeededRandom(20_261_121).next;
  // Some connections bring nothing from the beginning.
  const server = await feedServer((socket) => {
    if (random() < 0.15) server.silenced.add(socket);
  });
  const connected = new Set<string>();
  const lies: string[] = [];
  let data = 0;
  const pair = new RedundantFeed({
    spec: liquidationSpec(),
    plan: liquidationPlan(server.url),
    sockets: 2,
    hostLimits: await openHostLimits(),
    clock: bendableClock(),
    random,
    timeouts: { ...SHORT, quietMs: 100, silentMs: 250, firstMessageMs: 200 },
    maxAgeMs: 800,
    unprovenAfterMs: 1000,
    emit: (event) => {
      if (event.type === 'message' && event.data.includes('markPrice')) {
        data++;
        if (!connected.has(event.connection)) lies.push(`${event.connection} delivers but is not connected`);
      } else if (event.type === 'connected') {
        if (connected.has(event.connection)) lies.push(`${event.connection} connected twice`);
        connected.add(event.connection);
      } else if (event.type === 'disconnected') connected.delete(event.connection);
    },
  });
  const stopping = new AbortController();
  const ended = pair.run(stopping.signal);
  onTestFinished(() => stopping.abort());

  let isRefusing = false;
  const faults = [
    () => pick()?.terminate(),
    () => pick()?.close(1001),
    () => {
      const socket = pick();
      if (socket) server.silenced.add(socket);
    },
    () => pick()?.send('{"e":"serverShutdown","E":1}'),
    () => {
      isRefusing = !isRefusing;
      server.refuse(isRefusing ? httpAnswer(503, {}, '') : undefined);
    },
    () => {
      pair.pause();
      setTimeout(() => pair.resume(), 50);
    },
  ];
  const pick = () => server.open()[Math.floor(random() * server.open().length)];
  const endMs = performance.now() + FAULTS_MS;
  while (performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, random() * 80));
    faults[Math.floor(random() * faults.length)]?.();
  }
  server.refuse(undefined);
  server.silenced.clear();

  await eventually('both listen', () => connected.size === 2 && server.open().length === 2);
  expect(pair.states.every((state) => state === 'listening' || state === 'rotating')).toBe(true);
  expect(lies).toEqual([]);
  expect(data).toBeGreaterThan(20);
  stopping.abort();
  await ended;
  await eventually('all are closed', () => server.open().length === 0);
});
