import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldTrades } from '../../src/bars/fold-trades.ts';
import { parseScaled, scaledToText } from '../../src/base/scaled-decimal.ts';

const RECORDING = '../shared/fixtures/exchange/ws/BINANCE_FUTURES.ws.1.0.txt.gz';

function exact(text: string) {
  const value = parseScaled(text);
  if (value === undefined) throw new Error(text);
  return value;
}

describe('bars folded from trades', () => {
  it('have exact sums, where doubles would not', () => {
    const trades = ['0.1', '0.2', '0.3'].map((quantity, index) => ({
      firstTradeId: index,
      lastTradeId: index,
      price: exact('1.10'),
      quantity: exact(quantity),
      isBuyerMaker: index === 1,
      tradeTimeUs: index * 1000,
    }));
    expect(0.1 + 0.2 + 0.3).not.toBe(0.6);
    expect(foldTrades('spot', 'X', trades)).toMatchObject([
      { openTimeUs: 0, volume: 0.6, quoteVolume: 0.66, takerBuyVolume: 0.4, tradeCount: 3, lastTradeId: 2 },
    ]);
  });

  it('keep every decimal text as it is', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 20n }),
        fc.integer({ min: 0, max: 12 }),
        (units, scale) => {
          const text = scaledToText({ units, scale });
          expect(parseScaled(text)).toEqual({ units, scale });
        },
      ),
    );
    for (const text of ['', '-1', '1e5', '.5', '1.', '0x1', ' 1', 'NaN'])
      expect(parseScaled(text)).toBeUndefined();
  });

  it.skipIf(!existsSync(RECORDING))('follow the id rule on recorded frames (needs the recordings)', () => {
    const bars = new Map<string, Map<number, Record<string, number | boolean>>>();
    for (const line of gunzipSync(readFileSync(RECORDING)).toString().split('\n')) {
      const data = line.includes('"e":"kline"') ? JSON.parse(line.slice(line.indexOf('{'))).data : undefined;
      if (data === undefined) continue;
      const own = bars.get(data.s) ?? new Map();
      bars.set(data.s, own.set(data.k.t, data.k));
      expect(data.k.n).toBe(data.k.L - data.k.f + 1);
    }
    expect(bars.size).toBe(4);
    for (const own of bars.values()) {
      const [first, second] = [...own.values()];
      expect(second?.f).toBe(Number(first?.L) + 1);
      expect(first?.x).toBe(true);
    }
  });
});
