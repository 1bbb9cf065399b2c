import { describe, expect, it } from 'vitest';
import { naturalKey } from '../../src/simulator/market/forced-order.ts';
import { createInstruments } from '../../src/simulator/market/instruments.ts';
import { type SeededMarketOptions, seededMarket } from '../../src/simulator/market/seeded-market.ts';

const instruments = createInstruments(500);

function take(count: number, options: Partial<SeededMarketOptions> = {}) {
  const market = seededMarket({
    instruments,
    seed: 7,
    framesPerSecond: 5,
    pace: 'natural',
    speed: 1,
    ...options,
  });
  const events = [];
  for (const { dueMs, content } of market) {
    if (content.kind === 'order') events.push({ dueMs, order: content.order, delayMs: content.eventDelayMs });
    if (events.length === count) break;
  }
  return events;
}

describe('the instruments', () => {
  it('hold the names that break collectors, each once', () => {
    const symbols = instruments.map(({ symbol }) => symbol);
    expect(new Set(symbols).size).toBe(500);
    for (const symbol of [
      '币安人生USDT',
      '1000PEPEUSDT',
      '4USDT',
      'BTCUSDT_261225',
      'BTCUSD_PERP',
      'ZECUSDC',
    ]) {
      expect(symbols).toContain(symbol);
    }
  });
});

describe('the seeded market', () => {
  it('is the same for the same seed and another one for another', () => {
    expect(take(500)).toEqual(take(500));
    expect(take(500, { seed: 8 })).not.toEqual(take(500));
  });

  it('never has two orders of a symbol within a second', () => {
    const lastMs = new Map<string, number>();
    for (const { dueMs, order } of take(20_000, { framesPerSecond: 40 })) {
      expect(dueMs - (lastMs.get(order.s) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(1000);
      lastMs.set(order.s, dueMs);
    }
  });

  it('gives every order another natural key, above one a symbol and second too', () => {
    const orders = take(20_000, { framesPerSecond: 5000, pace: 'steady' });
    expect(new Set(orders.map(({ order }) => naturalKey(order))).size).toBe(20_000);
    expect(orders.at(-1)?.dueMs).toBeCloseTo(4000, -2);
  });

  it('keeps its mean rate over quiet spells and cascades on one side', () => {
    const events = take(20_000);
    const seconds = (events.at(-1)?.dueMs ?? 0) / 1000;
    expect(20_000 / seconds).toBeGreaterThan(4);
    expect(20_000 / seconds).toBeLessThan(6);
    const gaps = events.slice(1).map(({ dueMs }, index) => dueMs - (events[index]?.dueMs ?? 0));
    expect(Math.max(...gaps)).toBeGreaterThan(5000);
    const bySecond = groupBySecond(events);
    const bursts = [...bySecond.values()].filter((group) => group.length >= 25);
    expect(bursts.length).toBeGreaterThan(20);
    const oneSided = bursts.filter((group) => {
      const sells = group.filter(({ order }) => order.S === 'SELL').length / group.length;
      return sells > 0.8 || sells < 0.2;
    });
    expect(oneSided.length / bursts.length).toBeGreaterThan(0.9);
  });

  it('has a heavy tail of symbols and of sizes', () => {
    const events = take(20_000);
    const counts = new Map<string, number>();
    for (const { order } of events) counts.set(order.s, (counts.get(order.s) ?? 0) + 1);
    const ranked = [...counts.values()].sort((a, b) => b - a);
    expect(ranked.slice(0, 25).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(20_000 * 0.35);
    expect(ranked.length).toBeGreaterThan(400);
    const notionals = events
      .filter(({ order }) => order.st === 1)
      .map(({ order }) => Number(order.z) * Number(order.ap))
      .sort((a, b) => a - b);
    const quantile = (share: number) => notionals[Math.floor(notionals.length * share)] ?? 0;
    expect(quantile(0.5)).toBeGreaterThan(60);
    expect(quantile(0.5)).toBeLessThan(300);
    expect(quantile(0.99)).toBeGreaterThan(5000);
  });

  it('prints numbers as the exchange does', () => {
    const events = take(20_000);
    const bySymbol = new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
    let longer = 0;
    let partial = 0;
    for (const { order, delayMs } of events) {
      const instrument = bySymbol.get(order.s);
      expect(order.p).toMatch(new RegExp(`^\\d+\\.\\d{${instrument?.priceDecimals}}$`));
      expect(Number(order.p) > 0 && Number(order.z) > 0 && Number(order.l) > 0).toBe(true);
      expect(Number(order.l)).toBeLessThanOrEqual(Number(order.z));
      expect(delayMs).toBeGreaterThanOrEqual(1003);
      expect(delayMs).toBeLessThanOrEqual(1012);
      if (order.S === 'SELL') expect(Number(order.p)).toBeLessThanOrEqual(Number(order.ap));
      else expect(Number(order.p)).toBeGreaterThanOrEqual(Number(order.ap));
      if ((order.ap ?? '').length > order.p.length) longer += 1;
      if (order.l !== order.z) partial += 1;
      if (instrument?.market === 'coinm') expect(order.q).toMatch(/^[1-9]\d*$/);
    }
    expect(longer).toBeGreaterThan(100);
    expect(partial / events.length).toBeGreaterThan(0.3);
    expect(events.some(({ order }) => order.s === 'BTCUSD_PERP' && order.st === 2)).toBe(true);
    expect(events.some(({ order }) => order.st === undefined)).toBe(true);
  });
});

function groupBySecond<T extends { dueMs: number }>(events: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const event of events) {
    const second = Math.floor(event.dueMs / 1000);
    groups.set(second, [...(groups.get(second) ?? []), event]);
  }
  return groups;
}
