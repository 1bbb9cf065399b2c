import { describe, expect, it, onTestFinished } from 'vitest';
import { feedServer, httpAnswer, LIQUIDATION_FRAME, openHostLimits } from '../../support/feed-server.ts';
import { at, bothListen, HOUR_MS, listen, STREAMS } from '../../support/listening-feed.ts';
import { eventually } from '../../support/program.ts';

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
