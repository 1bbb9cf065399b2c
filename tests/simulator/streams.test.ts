import { describe, expect, it } from 'vitest';
import { eventually } from '../support/program.ts';
import { connectClient, LIQUIDATIONS_AND_CANARY, simulatorFor } from '../support/simulator.ts';

describe('WebSocket streams', () => {
  it('send liquidations and the canary in envelopes on the combined market route', async () => {
    const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 200, canaryIntervalMs: 50 });
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    await eventually('both streams flow', () => client.orders().length > 20 && client.texts.some(isCanary));
    const frames = client.texts.map((text) => JSON.parse(text));
    expect(new Set(frames.map((frame) => frame.stream))).toEqual(
      new Set(['!forceOrder@arr', 'btcusdt@markPrice@1s']),
    );
    for (const { E, o } of client.orders()) {
      expect(E - Number(o.T)).toBeGreaterThanOrEqual(1003);
      expect(E - Number(o.T)).toBeLessThan(1020);
      expect(Math.abs(E - Date.now())).toBeLessThan(5000);
    }
  });

  it('send the bare event on the raw market route, with the stream named in the path', async () => {
    const simulator = await simulatorFor({ market: 'none' });
    const client = await connectClient(simulator, '/market/ws/!forceOrder@arr');
    const order = simulator.makeOrder();
    simulator.push(order);
    await eventually('the order comes', () => client.texts.length === 1);
    expect(JSON.parse(client.texts[0] ?? '')).toMatchObject({
      e: 'forceOrder',
      o: { s: order.s, T: order.T },
    });
  });

  it('find a symbol that is not ASCII by its percent-encoded name', async () => {
    const simulator = await simulatorFor({ market: 'none', symbols: ['币安人生USDT', 'BTCUSDT'] });
    const stream = encodeURIComponent('币安人生usdt@forceOrder');
    const client = await connectClient(simulator, `/market/stream?streams=${stream}`);
    for (let index = 0; index < 20; index++)
      simulator.push({ ...simulator.makeOrder(), T: Date.now() + index });
    await eventually('an order comes', () => client.orders().length > 0);
    expect(new Set(client.orders().map(({ o }) => o.s))).toEqual(new Set(['币安人生USDT']));
  });

  it.each(['/ws', '/stream', '/public/stream', '/ws/!forceOrder@arr', '/stream?streams=!forceOrder@arr'])(
    'accept and acknowledge on %s, and stay silent for market streams',
    async (path) => {
      const simulator = await simulatorFor({ market: 'steady', framesPerSecond: 200, canaryIntervalMs: 20 });
      const client = await connectClient(simulator, path);
      client.send({ method: 'SUBSCRIBE', params: ['!forceOrder@arr', 'btcusdt@markPrice@1s'], id: 1 });
      client.send({ method: 'SUBSCRIBE', params: ['btcusdt@bookTicker'], id: 2 });
      await eventually(
        'the book ticks',
        () => client.texts.filter((text) => text.includes('bookTicker')).length > 3,
      );
      expect(client.texts[0]).toBe('{"result":null,"id":1}');
      expect(client.texts.filter((text) => /forceOrder|markPriceUpdate/.test(text))).toEqual([]);
      expect(simulator.truth().fed).toEqual([]);
    },
  );

  it('answer control frames, valid and not, and leave misspelled streams silent', async () => {
    const simulator = await simulatorFor({ market: 'none', canaryIntervalMs: 20 });
    const client = await connectClient(simulator, '/market/ws');
    client.send({ method: 'SUBSCRIBE', params: ['!forceOrders@arr', 'btcusdt@markPrice@1s'], id: 1 });
    client.send({ method: 'LIST_SUBSCRIPTIONS', id: 2 });
    client.send({ method: 'UNSUBSCRIBE', params: ['btcusdt@markPrice@1s'], id: 3 });
    client.send({ method: 'SHOUT', id: 4 });
    client.send({ method: 'SUBSCRIBE', params: ['x'], id: 'not a number' });
    client.send('{');
    const answers = await eventually('six answers', () => {
      const found = client.texts.filter((text) => !isCanary(text)).map((text) => JSON.parse(text));
      return found.length === 6 && found;
    });
    expect(answers[0]).toEqual({ result: null, id: 1 });
    expect(answers[1]).toEqual({ result: ['!forceOrders@arr', 'btcusdt@markPrice@1s'], id: 2 });
    expect(answers[2]).toEqual({ result: null, id: 3 });
    expect(answers[3]).toMatchObject({ error: { code: 2 }, id: 4 });
    expect(answers[4]).toMatchObject({ code: 2 });
    expect(answers[5]).toMatchObject({ code: 3 });
    simulator.push(simulator.makeOrder());
    await simulator.confirm();
    expect(client.orders()).toEqual([]);
  });

  it('cut a client that sends more than ten messages a second', async () => {
    const simulator = await simulatorFor({ market: 'none' });
    const client = await connectClient(simulator, '/market/ws');
    for (let id = 0; id < 12; id++) client.send({ method: 'LIST_SUBSCRIPTIONS', id });
    expect(await client.ended).toEqual({ code: 1008, reason: 'Too many requests' });
  });

  it('refuse an address that the exchange does not have', async () => {
    const simulator = await simulatorFor({ market: 'none' });
    await expect(connectClient(simulator, '/nowhere')).rejects.toThrow('404');
  });

  it('ping, and end a connection that has reached its age', async () => {
    const simulator = await simulatorFor({ market: 'none', pingIntervalMs: 20, maxConnectionAgeMs: 200 });
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    let pings = 0;
    client.webSocket.on('ping', () => pings++);
    expect((await client.ended).code).toBe(1001);
    expect(pings).toBeGreaterThan(2);
  });

  it('give two connections the same orders, with their own event time and last fill', async () => {
    const simulator = await simulatorFor({ market: 'none' });
    const one = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    const two = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    for (let index = 0; index < 100; index++) simulator.push(simulator.makeOrder());
    await simulator.confirm();
    const identity = ({ o }: { o: Record<string, unknown> }) => [o.s, o.S, o.T, o.q, o.p, o.ap, o.z];
    expect(two.orders().map(identity)).toEqual(one.orders().map(identity));
    expect(two.orders().map(({ E }) => E)).not.toEqual(one.orders().map(({ E }) => E));
    expect(two.orders().map(({ o }) => o.l)).not.toEqual(one.orders().map(({ o }) => o.l));
    expect(simulator.sentFrames()).toEqual({
      distinct: 100,
      connections: [
        { connection: 1, frames: 100, distinct: 100 },
        { connection: 2, frames: 100, distinct: 100 },
      ],
    });
    expect(simulator.truth().liquidations.every(({ isConfirmed }) => isConfirmed)).toBe(true);
  });

  it('send an order twice to those who listen to all symbols and to this one', async () => {
    const simulator = await simulatorFor({ market: 'none', symbols: ['BTCUSDT'] });
    const client = await connectClient(
      simulator,
      '/market/stream?streams=!forceOrder@arr/btcusdt@forceOrder',
    );
    simulator.push(simulator.makeOrder());
    await simulator.confirm();
    expect(client.texts.map((text) => JSON.parse(text).stream)).toEqual([
      '!forceOrder@arr',
      'btcusdt@forceOrder',
    ]);
  });
});

function isCanary(text: string): boolean {
  return text.includes('markPriceUpdate');
}
