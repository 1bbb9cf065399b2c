import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { parseFrame } from '../../src/sources/binance/parse-frame.ts';
import { eventually } from '../support/program.ts';
import {
  type CollectingClient,
  connectClient,
  LIQUIDATIONS_AND_CANARY,
  simulatorFor,
} from '../support/simulator.ts';

const BUSY = { market: 'steady', framesPerSecond: 200, canaryIntervalMs: 20 } as const;

function keysOf(client: CollectingClient): string[] {
  return client.orders().map(({ o }) => `${o.s} ${o.S} ${o.T} ${o.q} ${o.p}`);
}

function canaries(client: CollectingClient): number {
  return client.texts.filter((text) => text.includes('markPriceUpdate')).length;
}

/** Resolves after `ms` and tells how many orders and canary ticks came meanwhile. */
async function arrivals(client: CollectingClient, ms: number) {
  const before = { orders: client.orders().length, ticks: canaries(client) };
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { orders: client.orders().length - before.orders, ticks: canaries(client) - before.ticks };
}

function pong(client: CollectingClient): Promise<boolean> {
  return new Promise((resolve) => {
    client.webSocket.once('pong', () => resolve(true));
    setTimeout(() => resolve(false), 300);
    client.webSocket.ping();
  });
}

describe('lasting faults of sockets', () => {
  it('silent-socket sends nothing, still answers pings, and flows again when it ends', async () => {
    const simulator = await simulatorFor(BUSY);
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    await eventually('it flows', () => client.orders().length > 0);
    const end = simulator.setFault({ fault: 'silent-socket' });
    await pong(client);
    expect(await arrivals(client, 150)).toEqual({ orders: 0, ticks: 0 });
    expect(await pong(client)).toBe(true);
    end();
    const seen = client.orders().length;
    await eventually('it flows again', () => client.orders().length > seen);
    const { connections } = simulator.truth();
    expect(connections[0]?.fed).toHaveLength(2);
    const [first, second] = connections[0]?.fed ?? [];
    expect((second?.fromMs ?? 0) - (first?.toMs ?? 0)).toBeGreaterThan(150);
  });

  it('liquidations-silent and quiet-market leave the canary ticking; only the first is a hole', async () => {
    const simulator = await simulatorFor(BUSY);
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    for (const [fault, holes] of [
      ['quiet-market', 0],
      ['liquidations-silent', 1],
    ] as const) {
      const end = simulator.setFault({ fault });
      await pong(client);
      const before = { orders: client.orders().length, ticks: canaries(client) };
      await eventually('the canary ticks', () => canaries(client) > before.ticks + 2);
      expect(client.orders()).toHaveLength(before.orders);
      end();
      expect(simulator.truth().connections[0]?.fed).toHaveLength(1 + holes);
    }
  });

  it('half-open neither sends nor answers, and hits the connection that it names alone', async () => {
    const simulator = await simulatorFor(BUSY);
    const frozen = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    const healthy = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    simulator.setFault({ fault: 'half-open', connection: 'oldest' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await arrivals(frozen, 150)).toEqual({ orders: 0, ticks: 0 });
    expect(await pong(frozen)).toBe(false);
    expect(frozen.webSocket.readyState).toBe(WebSocket.OPEN);
    expect((await arrivals(healthy, 100)).orders).toBeGreaterThan(0);
    expect(simulator.truth().fed).toHaveLength(1);
  });

  it('end by themselves after their duration, on a timeline too', async () => {
    const simulator = await simulatorFor({
      ...BUSY,
      faults: [{ atMs: 150, durationMs: 150, fault: 'silent-socket' }],
    });
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    await eventually('a hole is over', () => simulator.truth().connections[0]?.fed.length === 2);
    const [first, second] = simulator.truth().connections[0]?.fed ?? [];
    expect((second?.fromMs ?? 0) - (first?.toMs ?? 0)).toBeGreaterThan(140);
    expect((second?.fromMs ?? 0) - (first?.toMs ?? 0)).toBeLessThan(1500);
    expect((await arrivals(client, 100)).orders).toBeGreaterThan(0);
  });

  it('duplicates come on both sockets, and count once', async () => {
    const simulator = await simulatorFor({ market: 'none' });
    const clients = [
      await connectClient(simulator, LIQUIDATIONS_AND_CANARY),
      await connectClient(simulator, LIQUIDATIONS_AND_CANARY),
    ];
    simulator.setFault({ fault: 'duplicates' });
    for (let count = 0; count < 10; count++) simulator.push(simulator.makeOrder());
    await simulator.confirm();
    for (const client of clients) {
      expect(keysOf(client)).toHaveLength(20);
      expect(new Set(keysOf(client)).size).toBe(10);
    }
    expect(simulator.sentFrames().distinct).toBe(10);
  });

  it('out-of-order changes the order and loses nothing', async () => {
    const simulator = await simulatorFor({ market: 'none' });
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    const end = simulator.setFault({ fault: 'out-of-order', window: 8 });
    const orders = Array.from({ length: 20 }, () => simulator.makeOrder());
    for (const order of orders) simulator.push(order);
    end();
    await simulator.confirm();
    const expected = orders.map((o) => `${o.s} ${o.S} ${o.T} ${o.q} ${o.p}`);
    expect(keysOf(client)).not.toEqual(expected);
    expect(keysOf(client).sort()).toEqual(expected.sort());
  });

  it('resend-on-reconnect brings the last orders again', async () => {
    const simulator = await simulatorFor({ market: 'none' });
    simulator.setFault({ fault: 'resend-on-reconnect', count: 5 });
    const first = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    for (let count = 0; count < 10; count++) simulator.push(simulator.makeOrder());
    await simulator.confirm();
    const second = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    await simulator.confirm();
    expect(keysOf(second)).toEqual(keysOf(first).slice(-5));
    expect(simulator.truth().liquidations).toHaveLength(10);
  });
});

describe('faults that end a connection', () => {
  it('reset cuts with RST, and what was sent before has arrived and is confirmed', async () => {
    const simulator = await simulatorFor(BUSY);
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    await eventually('it flows', () => client.orders().length > 10);
    simulator.setFault({ fault: 'reset' });
    expect((await client.ended).code).toBe(1006);
    await eventually('the server noticed', () => simulator.stats().openConnections === 0);
    const { liquidations, connections } = simulator.truth();
    expect(liquidations.every(({ isConfirmed }) => isConfirmed)).toBe(true);
    expect(new Set(keysOf(client)).size).toBe(liquidations.length);
    expect(connections[0]?.closedAtMs).toBeGreaterThan(connections[0]?.openedAtMs ?? 0);
    expect(connections[0]?.fed).toHaveLength(1);
  });

  it('close says goodbye with the code that it was given', async () => {
    const simulator = await simulatorFor(BUSY);
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    simulator.setFault({ fault: 'close', code: 1011, reason: 'going down' });
    expect(await client.ended).toEqual({ code: 1011, reason: 'going down' });
  });

  it('rotation announces the shutdown in the form of the connection, feeds on, and closes', async () => {
    const simulator = await simulatorFor(BUSY);
    const combined = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    const raw = await connectClient(simulator, '/market/ws/!forceOrder@arr');
    simulator.setFault({ fault: 'rotation', graceMs: 100 });
    expect((await combined.ended).code).toBe(1001);
    expect((await raw.ended).code).toBe(1001);
    expect(combined.texts.some((text) => text.startsWith('{"stream":"!serverShutdown","data":{"e":'))).toBe(
      true,
    );
    expect(raw.texts.some((text) => text.startsWith('{"e":"serverShutdown","E":'))).toBe(true);
    const sentToRaw = simulator.truth().liquidations.filter(({ connections }) => connections.includes(2));
    expect(new Set(keysOf(raw)).size).toBe(sentToRaw.length);
    expect(sentToRaw.length).toBeGreaterThan(0);
  });

  it('drop-in-burst loses a part of the burst on one connection and nothing on the other', async () => {
    const simulator = await simulatorFor({ market: 'none' });
    const cut = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    const other = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    simulator.setFault({ fault: 'drop-in-burst', orders: 200, after: 120, connection: 'oldest' });
    await cut.ended;
    await simulator.confirm();
    expect(new Set(keysOf(other)).size).toBe(200);
    expect(keysOf(cut).length).toBeLessThanOrEqual(120);
    expect(simulator.truth().connections.map(({ distinct }) => distinct)).toEqual([120, 200]);
  });
});

describe('handshake faults', () => {
  it.each([
    [429, '3'],
    [418, undefined],
    [403, undefined],
    [451, undefined],
    [503, '1'],
  ])('refuse with %i', async (status, retryAfter) => {
    const simulator = await simulatorFor({ market: 'none' });
    simulator.setFault({
      fault: 'http-status',
      status,
      on: 'websocket',
      ...(retryAfter === undefined ? {} : { retryAfterSeconds: Number(retryAfter) }),
    });
    const webSocket = new WebSocket(simulator.wsUrl + LIQUIDATIONS_AND_CANARY);
    const response = await new Promise<IncomingMessage>((resolve) => {
      webSocket.on('unexpected-response', (_, answer) => resolve(answer));
    });
    expect([response.statusCode, response.headers['retry-after']]).toEqual([status, retryAfter]);
    expect(simulator.stats().refusedHandshakes).toBe(1);
  });

  it('leave a handshake hanging', async () => {
    const simulator = await simulatorFor({ market: 'none' });
    simulator.setFault({ fault: 'hanging-handshake' });
    const webSocket = new WebSocket(simulator.wsUrl + LIQUIDATIONS_AND_CANARY, { handshakeTimeout: 200 });
    const error = await new Promise<Error>((resolve) => webSocket.on('error', resolve));
    expect(error.message).toBe('Opening handshake has timed out');
  });
});

describe('malformed frames', () => {
  it('come in every kind, and none is taken for an order; the right orders around them are', async () => {
    const simulator = await simulatorFor({ market: 'none' });
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    simulator.push(simulator.makeOrder());
    simulator.setFault({ fault: 'malformed' });
    simulator.push(simulator.makeOrder());
    await simulator.confirm();
    const kinds = client.texts
      .filter((text) => !text.includes('markPriceUpdate'))
      .map((text) => parseFrame(text, Date.now() * 1000).kind);
    expect(kinds[0]).toBe('liquidation');
    expect(kinds.at(-1)).toBe('liquidation');
    expect(new Set(kinds.slice(1, -1))).toEqual(new Set(['bad']));
    const { malformed } = simulator.truth();
    expect(malformed).toHaveLength(29);
    expect(kinds.length - 2 + client.binaries.length).toBe(malformed.length);
    expect(Math.max(...client.texts.map((text) => text.length))).toBeGreaterThan(1_000_000);
  });

  it('can be chosen by name', async () => {
    const simulator = await simulatorFor({ market: 'none' });
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    simulator.setFault({ fault: 'malformed', names: ['prototype', 'time-in-seconds'] });
    await simulator.confirm();
    expect(client.orders()).toHaveLength(2);
    expect(simulator.truth().malformed.map(({ name }) => name)).toEqual(['time-in-seconds', 'prototype']);
  });
});
