import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DedupWindow } from '../../../src/ingest/dedup/dedup-window.ts';
import { hashLiquidation, type LiquidationKey } from '../../../src/sources/liquidation-key.ts';

const MINUTE_US = 60_000_000;
const LENGTH_MS = 600_000;

/** Orders that differ in their quantity alone. */
const orderOf = (quantity: number): LiquidationKey => ({
  market: 'usdm',
  symbol: 'XRPUSDT',
  side: 'BUY',
  tradeTimeUs: 0,
  quantity,
  price: 1.5,
  averagePrice: null,
  filledQuantity: 1,
});

function hashOf(order: LiquidationKey): Uint32Array {
  const hash = new Uint32Array(4);
  hashLiquidation(order, hash);
  return hash;
}

function stored(window: DedupWindow, order: number, receivedAtUs: number): boolean {
  const isNew = window.stage(hashOf(orderOf(order)), receivedAtUs);
  window.accept();
  return isNew;
}

describe('the window of recent orders', () => {
  it('knows an order for its length, counted from its first receipt', () => {
    const window = new DedupWindow(LENGTH_MS);
    expect(stored(window, 1, 0)).toBe(true);
    expect(stored(window, 1, 10 * MINUTE_US)).toBe(false);
    expect(stored(window, 1, 10 * MINUTE_US + 1)).toBe(true);
    expect(stored(window, 1, 20 * MINUTE_US)).toBe(false);
  });

  it('knows an order received by a clock that was set back', () => {
    const window = new DedupWindow(LENGTH_MS);
    stored(window, 1, 60 * MINUTE_US);
    expect(stored(window, 1, 0)).toBe(false);
  });

  it('knows what is staged, however long ago, until it is discarded', () => {
    const window = new DedupWindow(LENGTH_MS);
    expect(stored(window, 1, 0)).toBe(true);
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(window.stage(hashOf(orderOf(1)), MINUTE_US)).toBe(false);
      expect(window.stage(hashOf(orderOf(1)), 20 * MINUTE_US)).toBe(true);
      expect(window.stage(hashOf(orderOf(1)), 60 * MINUTE_US)).toBe(false);
      window.discard();
    }
  });

  it('forgets what is too old when newer orders come', () => {
    const window = new DedupWindow(LENGTH_MS);
    for (let minute = 0; minute < 60; minute++) stored(window, minute, minute * MINUTE_US);
    expect(window.size).toBe(11);
  });

  it('holds no more than its bound in a flood, and forgets the oldest first', () => {
    const window = new DedupWindow(LENGTH_MS, 100);
    for (let order = 0; order < 5000; order++) window.stage(hashOf(orderOf(order)), order);
    window.accept();
    expect(window.size).toBe(100);
    expect(window.stage(hashOf(orderOf(4900)), 5000)).toBe(false);
    expect(window.stage(hashOf(orderOf(4899)), 5000)).toBe(true);
  });

  it('tells apart what differs in any part of its key, and nothing else', () => {
    const changes: Partial<LiquidationKey>[] = [
      { market: 'coinm' },
      { symbol: 'XRPUSDC' },
      { symbol: 'XRPUSD' },
      { symbol: '币安人生USDT' },
      { side: 'SELL' },
      { tradeTimeUs: 1 },
      { quantity: 2 },
      { price: 1.25 },
      { averagePrice: 0 },
      { filledQuantity: 0 },
      {},
    ];
    const window = new DedupWindow(LENGTH_MS);
    for (const isNew of [true, false])
      for (const change of changes) expect(window.stage(hashOf({ ...orderOf(1), ...change }), 0)).toBe(isNew);
  });

  it('answers as a plain map of keys does, through segments that are stored or are not', () => {
    const segment = fc.record({
      isStored: fc.boolean(),
      orders: fc.array(fc.tuple(fc.nat(3000), fc.nat(4)), { maxLength: 400, size: 'max' }),
    });
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 20, size: 'max' }), (segments) => {
        const window = new DedupWindow(1);
        const known = new Map<number, number>();
        let nowUs = 0;
        for (const { isStored, orders } of segments) {
          const staged = new Map<number, number>();
          for (const [order, pauseUs] of orders) {
            nowUs += pauseUs;
            const isNew = !staged.has(order) && nowUs - (known.get(order) ?? Number.NEGATIVE_INFINITY) > 1000;
            if (window.stage(hashOf(orderOf(order)), nowUs) !== isNew) return false;
            if (isNew) staged.set(order, nowUs);
          }
          if (isStored) for (const [order, receivedAtUs] of staged) known.set(order, receivedAtUs);
          if (isStored) window.accept();
          else window.discard();
        }
        return true;
      }),
      { numRuns: 50 },
    );
  });
});
