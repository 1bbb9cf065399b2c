import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Bar } from '../../../src/bars/bar.ts';
import { hashBarFrame } from '../../../src/sources/binance/bar-frame-key.ts';

const bar = fc.record({
  market: fc.constantFrom('spot', 'usdm', 'coinm'),
  symbol: fc.oneof(fc.stringMatching(/^[A-Z0-9_]{1,30}$/), fc.constantFrom('币安人生USDT', 'A', 'AB')),
  openTimeUs: fc.integer({ min: 29_000_000, max: 29_000_003 }).map((minute) => minute * 60_000_000),
});
type Key = Pick<Bar, 'market' | 'symbol' | 'openTimeUs'>;

function hashOf({ market, ...rest }: Key): string {
  const hash = new Uint32Array(4);
  hashBarFrame(market, rest as Bar, hash);
  return hash.join(' ');
}

it('two deliveries of a bar have the same key, whatever came between, and no other bar has it', () => {
  fc.assert(
    fc.property(bar, bar, (one: Key, other: Key) => {
      const first = hashOf(one);
      const between = hashOf(other);
      expect(hashOf(one)).toBe(first);
      const isSame =
        one.market === other.market && one.symbol === other.symbol && one.openTimeUs === other.openTimeUs;
      expect(between === first).toBe(isSame);
    }),
  );
});
