import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { FeedEvent } from '../../../src/network/websocket/feed-event.ts';
import { FeedQueue } from '../../../src/network/websocket/feed-queue.ts';
import { bendableClock } from '../../support/feed-server.ts';

function frame(text: string): FeedEvent {
  const data = Buffer.from(text);
  return { type: 'message', connection: 'ws-1', data, isBinary: false, receivedAtUs: 0, kind: 'data' };
}

/** A queue whose reader notes what it gets, and is busy with a frame `slow` until it is let go. */
function readQueue() {
  const clock = bendableClock();
  const sockets: string[] = [];
  const queue = new FeedQueue({
    clock,
    pause: () => sockets.push('paused'),
    resume: () => sockets.push('resumed'),
  });
  const steps: string[][] = [];
  let letGo: () => void = () => undefined;
  const reading = (async () => {
    for await (const events of queue) {
      const texts = events.map((event) =>
        event.type === 'message'
          ? event.data.toString()
          : event.type === 'paused'
            ? `paused ${Math.round(event.forMs / 1000)} s`
            : event.type,
      );
      steps.push(texts);
      if (texts.includes('slow')) await new Promise<void>((resolve) => (letGo = resolve));
    }
  })();
  return { clock, sockets, queue, steps, reading, letGo: () => letGo() };
}

it('a reader that waits has what came before the event loop goes on, all of one turn in one step', async () => {
  const { queue, steps, sockets } = readQueue();
  for (const text of ['a', 'b']) {
    await nextTurn();
    const isThere = nextTurn().then(() => steps.at(-1));
    queue.push(frame(`${text}1`));
    queue.push(frame(`${text}2`));
    expect(await isThere).toEqual([`${text}1`, `${text}2`]);
  }
  expect(sockets).toEqual([]);
});

it('no socket is read while the reader is busy and frames wait, and the reader hears how long, after the frames', async () => {
  const { clock, queue, steps, sockets, letGo } = readQueue();
  await nextTurn();
  queue.push(frame('slow'));
  await nextTurn();
  queue.push({ type: 'connected', connection: 'ws-2', url: '' });
  expect(sockets).toEqual([]);
  queue.push(frame('x'));
  queue.push(frame('y'));
  expect(sockets).toEqual(['paused']);
  clock.skip(7000);
  letGo();
  await nextTurn();
  expect(sockets).toEqual(['paused', 'resumed']);
  expect(steps).toEqual([['slow'], ['connected', 'x', 'y', 'paused 7 s']]);
});

it('what is left at the end is read, and then the loop ends', async () => {
  const { queue, steps, reading, letGo } = readQueue();
  await nextTurn();
  queue.push(frame('slow'));
  await nextTurn();
  queue.push({ type: 'disconnected', connection: 'ws-1', reason: 'stopped' });
  queue.end();
  letGo();
  await reading;
  expect(steps).toEqual([['slow'], ['disconnected']]);
});
