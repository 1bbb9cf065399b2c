import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFrame } from '../../../src/sources/binance/parse-frame.ts';
import type { Liquidation } from '../../../src/sources/liquidation.ts';
import { hashLiquidation } from '../../../src/sources/liquidation-key.ts';

const keyOf = (order: Liquidation) => {
  const hash = new Uint32Array(4);
  hashLiquidation(order, hash);
  return hash.join();
};

const NOW_MS = 1_791_435_250_143;
const ORDER = {
  s: 'XRPUSDT',
  S: 'BUY',
  o: 'LIMIT',
  f: 'IOC',
  q: '15.4',
  p: '1.4111',
  ap: '1.4043',
  X: 'FILLED',
  l: '15.4',
  z: '15.4',
  T: NOW_MS - 1007,
  ps: 'XRPUSDT',
  st: 1,
};

const frame = (change: object = {}, event: object = {}) =>
  JSON.stringify({
    stream: '!forceOrder@arr',
    data: { e: 'forceOrder', E: NOW_MS, o: { ...ORDER, ...change }, ...event },
  });
const parse = (text: string) => parseFrame(text, NOW_MS * 1000);

describe('a forced order', () => {
  it('becomes a typed record, bare or in its envelope', () => {
    const expected: Liquidation = {
      market: 'usdm',
      symbol: 'XRPUSDT',
      side: 'BUY',
      orderType: 'LIMIT',
      timeInForce: 'IOC',
      status: 'FILLED',
      price: 1.4111,
      averagePrice: 1.4043,
      quantity: 15.4,
      lastFilledQuantity: 15.4,
      filledQuantity: 15.4,
      tradeTimeUs: (NOW_MS - 1007) * 1000,
      eventTimeUs: NOW_MS * 1000,
    };
    expect(parse(frame())).toEqual({ kind: 'liquidation', record: expected });
    expect(parse(JSON.stringify({ e: 'forceOrder', E: NOW_MS, o: ORDER }))).toEqual({
      kind: 'liquidation',
      record: expected,
    });
  });

  it.each([
    ['BTCUSD_PERP', undefined, 'coinm'],
    ['ETHUSD_261225', undefined, 'coinm'],
    ['BTCUSDT_260327', undefined, 'usdm'],
    ['1000SHIBUSDT', undefined, 'usdm'],
    ['币安人生USDT', undefined, 'usdm'],
    ['BTCUSDT', 2, 'coinm'],
  ])('%s with st %s is of the market %s', (s, st, market) => {
    expect(parse(frame({ s, st }))).toMatchObject({ kind: 'liquidation', record: { symbol: s, market } });
    expect(parse(frame({ s, st: undefined }, { st }))).toMatchObject({ record: { market } });
  });

  it('does not mind unknown fields', () => {
    expect(parse(frame({ new: { deep: [1] } }, { other: 1 }))).toMatchObject({ kind: 'liquidation' });
  });

  it.each([
    ['a negative quantity', { q: '-1' }, /q/],
    ['an empty price', { p: '' }, /p/],
    ['NaN', { ap: 'NaN' }, /ap/],
    ['a hex number', { z: '0x10' }, /z/],
    ['an exponent', { q: '1e9' }, /q/],
    ['a number for a text', { q: 15.4 }, /q/],
    ['a quantity of nothing', { q: '0.000' }, /q/],
    ['seconds', { T: 1_791_435_249 }, /T/],
    ['nanoseconds', { T: 1_791_435_249_136_000_000 }, /T/],
    ['a time two days ago', { T: NOW_MS - 2 * 86_400_000 }, /26 h/],
    ['another side', { S: 'buy' }, /S/],
    ['no symbol', { s: undefined }, /s/],
    ['a symbol with an escape', { s: '\u001b[2JBTC' }, /s/],
    ['another product', { st: 7 }, /st/],
  ])('with %s is bad, with the reason', (_, change, reason) => {
    expect(parse(frame(change))).toEqual({ kind: 'bad', reason: expect.stringMatching(reason) });
  });

  it('is valid where both of its times agree, and the clock of this machine is days off', () => {
    const daysAgo = NOW_MS - 3 * 86_400_000;
    expect(parse(frame({ T: daysAgo - 1000 }, { E: daysAgo }))).toMatchObject({
      kind: 'liquidation',
      record: { tradeTimeUs: (daysAgo - 1000) * 1000 },
    });
  });

  it('is valid up to 26 hours from its receipt', () => {
    expect(parse(frame({ T: NOW_MS - 25 * 3_600_000 }))).toMatchObject({ kind: 'liquidation' });
  });
});

describe('other frames', () => {
  it.each([
    ['{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1}}', 'tick'],
    ['{"result":null,"id":1}', 'control'],
    ['{"code":2,"msg":"Invalid request"}', 'control'],
    ['{"e":"serverShutdown","E":1}', 'shutdown'],
    ['{"stream":"!serverShutdown","data":{"e":"serverShutdown"}}', 'shutdown'],
    ['{"e":"aggTrade"}', 'bad'],
    ['not json', 'bad'],
    ['[]', 'bad'],
    ['null', 'bad'],
    ['{"__proto__":{"e":"forceOrder"}}', 'bad'],
    ['['.repeat(1000) + ']'.repeat(1000), 'bad'],
    [`{"e":"forceOrder","o":{"s":"${'x'.repeat(1_000_000)}"}}`, 'bad'],
  ])('%.60s is of the kind %s', (text, kind) => {
    expect(parse(text).kind).toBe(kind);
  });

  it('never make the parser throw', () => {
    fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (text) => void parse(text)));
  });
});

describe('the natural key', () => {
  const record = (change: object) => {
    const parsed = parse(frame(change));
    if (parsed.kind !== 'liquidation') throw new Error(JSON.stringify(parsed));
    return parsed.record;
  };

  it('compares numbers as numbers and leaves out what differs between deliveries', () => {
    const key = keyOf(record({ q: '0.010' }));
    expect(keyOf(record({ q: '0.01', l: '3', ps: undefined, st: undefined }))).toBe(key);
    for (const change of [
      { S: 'SELL' },
      { p: '1.4112' },
      { ap: '1.5' },
      { z: '15.3' },
      { T: NOW_MS - 1006 },
      { s: 'XRPUSDC' },
    ]) {
      expect(keyOf(record({ q: '0.010', ...change }))).not.toBe(key);
    }
  });
});

const FRAMES = resolve('../shared/fixtures/exchange/forceorder/frames-with-E.jsonl');

describe.skipIf(!existsSync(FRAMES))('recorded frames (needs the recordings)', () => {
  it('are all understood, field by field', () => {
    for (const line of readFileSync(FRAMES, 'utf8').split('\n').filter(Boolean)) {
      const event = JSON.parse(line).data ?? JSON.parse(line);
      expect(parseFrame(line, event.E * 1000)).toMatchObject({
        kind: 'liquidation',
        record: {
          symbol: event.o.s,
          side: event.o.S,
          price: Number(event.o.p),
          averagePrice: Number(event.o.ap),
          quantity: Number(event.o.q),
          filledQuantity: Number(event.o.z),
          lastFilledQuantity: Number(event.o.l),
          tradeTimeUs: event.o.T * 1000,
          eventTimeUs: event.E * 1000,
          market: 'usdm',
        },
      });
    }
  });
});
