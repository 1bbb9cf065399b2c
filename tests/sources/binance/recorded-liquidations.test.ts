import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseFrame } from '../../../src/sources/binance/parse-frame.ts';

const RECORDED = resolve('../shared/fixtures/exchange');
const linesOf = (file: string) => readFileSync(`${RECORDED}/${file}`, 'utf8').split('\n').filter(Boolean);

describe.skipIf(!existsSync(RECORDED))('recorded forced orders (needs the recordings)', () => {
  it.each([
    ['forceorder/frames-with-E.jsonl', 11],
    ['forceorder/um-2025-06-23a_recorder1.o-objects.jsonl', 446],
    ['forceorder/um-2025-06-23a_recorder2.o-objects.jsonl', 454],
    ['forceorder/um-2025-12-27_28.o-objects.jsonl', 2045],
    ['docs-samples/forceorder.jsonl', 2],
  ])('of %s are all understood, field by field', (file, count) => {
    const lines = linesOf(file);
    expect(lines).toHaveLength(count);
    for (const line of lines) {
      const event = JSON.parse(line).data ?? JSON.parse(line);
      const { o } = event;
      expect(parseFrame(line, o.T * 1000), line).toEqual({
        kind: 'liquidation',
        record: {
          market: /^[^_]*USD_/.test(o.s) ? 'coinm' : 'usdm',
          symbol: o.s,
          side: o.S,
          orderType: o.o,
          timeInForce: o.f,
          status: o.X,
          price: Number(o.p),
          averagePrice: o.ap === undefined ? null : Number(o.ap),
          quantity: Number(o.q),
          lastFilledQuantity: o.l === undefined ? null : Number(o.l),
          filledQuantity: Number(o.z),
          tradeTimeUs: o.T * 1000,
          eventTimeUs: event.E === undefined ? null : event.E * 1000,
        },
      });
    }
  });
});
