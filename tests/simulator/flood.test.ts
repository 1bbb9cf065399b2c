import { describe, expect, it } from 'vitest';
import { naturalKey } from '../../src/simulator/market/forced-order.ts';
import { eventually } from '../support/program.ts';
import { connectClient, LIQUIDATIONS_AND_CANARY, simulatorFor } from '../support/simulator.ts';

describe('a flood', () => {
  it('sends well-formed frames, each with another order, and knows every one of them', async () => {
    const simulator = await simulatorFor({ market: 'flood', maxOrders: 20_000, symbols: 50 });
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    await eventually('it has ended', () => simulator.stats().marketEnded);
    await simulator.confirm();
    const { flood } = simulator.truth();
    expect(flood?.connections).toEqual([{ connection: 1, from: 0, to: 20_000, confirmedTo: 20_000 }]);
    const received = client.orders();
    expect(received).toHaveLength(20_000);
    expect(received[12_345]?.o).toEqual({ ...flood?.orderAt(12_345) });
    expect(received[12_345]?.E).toBe(Number(received[12_345]?.o.T) + 1005);
    const keys = new Set(
      Array.from({ length: 20_000 }, (_, index) => naturalKey(flood?.orderAt(index) as never)),
    );
    expect(keys.size).toBe(20_000);
  });

  it('waits for a client that does not read, and loses nothing', async () => {
    const simulator = await simulatorFor({ market: 'flood', maxOrders: 100_000, symbols: 50 });
    const client = await connectClient(simulator, '/market/ws/!forceOrder@arr');
    client.webSocket.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(simulator.sentFrames().distinct).toBeLessThan(100_000);
    expect(simulator.stats().marketEnded).toBe(false);
    client.webSocket.resume();
    await eventually('it has ended', () => simulator.stats().marketEnded);
    await simulator.confirm();
    expect(client.texts).toHaveLength(100_000);
  });

  it('stops for the faults that silence a market, and goes on after them', async () => {
    const simulator = await simulatorFor({ market: 'flood', framesPerSecond: 5000, canaryIntervalMs: 10 });
    const client = await connectClient(simulator, LIQUIDATIONS_AND_CANARY);
    for (const fault of ['quiet-market', 'liquidations-silent', 'silent-socket'] as const) {
      const end = simulator.setFault({ fault });
      await new Promise((resolve) => setTimeout(resolve, 50));
      const before = client.orders().length;
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(client.orders().length).toBe(before);
      end();
      await eventually('it goes on', () => client.orders().length > before);
    }
    simulator.setFault({ fault: 'reset' });
    await client.ended;
    const [range] = simulator.truth().flood?.connections ?? [];
    expect(range?.confirmedTo).toBe(range?.to);
    expect(client.orders()).toHaveLength(range?.to ?? -1);
  });

  it('keeps to a rate when one is given, and gives two connections the same orders', async () => {
    const simulator = await simulatorFor({ market: 'flood', framesPerSecond: 5000, waitForListeners: 2 });
    const clients = [
      await connectClient(simulator, LIQUIDATIONS_AND_CANARY),
      await connectClient(simulator, LIQUIDATIONS_AND_CANARY),
    ];
    const startMs = performance.now();
    await eventually('a while has passed', () => simulator.sentFrames().distinct > 2500);
    const rate = simulator.sentFrames().distinct / ((performance.now() - startMs) / 1000);
    expect(rate).toBeGreaterThan(3500);
    expect(rate).toBeLessThan(6500);
    const [one, two] = clients.map((client) => client.orders()[0]?.o.s);
    expect(one).toBe(two);
  });
});
