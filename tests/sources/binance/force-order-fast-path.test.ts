import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scanForceOrder } from '../../../src/sources/binance/force-order-fast-path.ts';
import { parseFrame } from '../../../src/sources/binance/parse-frame.ts';

const NOW_US = 1_791_435_250_143_000;
const USUAL = {
  E: '1791435250143',
  s: 'XRPUSDT',
  S: 'BUY',
  o: 'LIMIT',
  f: 'IOC',
  q: '15.4',
  p: '1.4111',
  ap: '1.4043',
  X: 'FILLED',
  l: '3',
  z: '15.4',
  T: '1791435249136',
  rest: ',"ps":"XRPUSDT","st":1',
};
/** Field by field, since a text of its own may break out of its quotes. */
const textOf = ({ E, s, S, o, f, q, p, ap, X, l, z, T, rest }: typeof USUAL) =>
  `{"stream":"!forceOrder@arr","data":{"e":"forceOrder","E":${E},"o":{"s":"${s}","S":"${S}","o":"${o}","f":"${f}","q":"${q}","p":"${p}","ap":"${ap}","X":"${X}","l":"${l}","z":"${z}","T":${T}${rest}}}}`;
const scan = (text: string) => scanForceOrder(Buffer.from(text), NOW_US);

/** What is scanned has to be what the parser says; it may always be left to the parser. */
function agree(text: string): boolean {
  const scanned = scan(text);
  if (scanned !== undefined)
    expect({ kind: 'liquidation', record: scanned }).toEqual(parseFrame(text, NOW_US));
  return scanned !== undefined;
}

const word = fc.oneof(
  fc.constantFrom(
    'BTCUSD_PERP',
    '1000SHIBUSDT',
    'SELL',
    '牛来USDT',
    '',
    '_',
    'a',
    'A"',
    '\\u0041',
    'X'.repeat(65),
  ),
  fc.stringMatching(/^[A-Z0-9_]{1,64}$/),
  fc.string({ maxLength: 4 }),
);
const number = fc.oneof(
  fc.constantFrom(
    '0',
    '0.000',
    '.5',
    '5.',
    '.',
    '',
    '1.2.3',
    '-1',
    '1e9',
    'NaN',
    '123456789012345',
    '99999999.9999999',
  ),
  fc.constantFrom('1234567890123456', '0.1234567890123456', '9'.repeat(50)),
  fc.stringMatching(/^\d{1,9}(\.\d{1,9})?$/),
);
const time = fc.oneof(
  fc.constantFrom(
    '1791435249',
    '1791435249136000',
    '0791435249136',
    '17914352491.6',
    'null',
    '"1791435249136"',
  ),
  fc
    .integer({ min: 1_791_435_250_143 - 27 * 3_600_000, max: 1_791_435_250_143 + 27 * 3_600_000 })
    .map(String),
);
const rest = fc.constantFrom(
  '',
  ',"st":2',
  ',"st":3',
  ',"st":"1"',
  ',"st":12',
  ',"ps":"","st":1',
  ',"ps":"BOTH"',
  ',"T":1',
  '}',
);
const changes = fc.record(
  {
    E: time,
    s: word,
    S: word,
    o: word,
    f: word,
    q: number,
    p: number,
    ap: number,
    X: word,
    l: number,
    z: number,
    T: time,
    rest,
  },
  { requiredKeys: [] },
);

it('a frame as the exchange writes it is scanned, and says what the parser says', () => {
  const good = fc.record({
    s: fc.stringMatching(/^[A-Z0-9_]{1,64}$/),
    S: fc.constantFrom('BUY', 'SELL'),
    q: fc.stringMatching(/^[1-9]\d{0,6}(\.\d{1,6})?$/),
    p: fc.stringMatching(/^\d{1,7}(\.\d{1,7})?$/),
    rest: fc.constantFrom('', ',"st":1', ',"st":2', ',"ps":"BOTH"', USUAL.rest),
  });
  fc.assert(fc.property(good, (change) => agree(textOf({ ...USUAL, ...change }))));
});

it('any other value is what the parser says, or left to it', () => {
  fc.assert(
    fc.property(changes, (change) => void agree(textOf({ ...USUAL, ...change }))),
    { numRuns: 500 },
  );
});

it('so is a frame with any byte changed, missing or too much', () => {
  const text = textOf(USUAL);
  for (let at = 0; at < text.length; at++) {
    agree(text.slice(0, at));
    agree(text.slice(0, at) + text.slice(at + 1));
    for (const other of '0A"., {}_\\\u0000é') {
      agree(text.slice(0, at) + other + text.slice(at + 1));
      agree(text.slice(0, at) + other + text.slice(at));
    }
  }
});

it.each([
  ['a space', textOf(USUAL).replace('{', '{ ')],
  ['its fields in another order', textOf(USUAL).replace('"S":"BUY","o":"LIMIT"', '"o":"LIMIT","S":"BUY"')],
  ['no envelope', textOf(USUAL).slice(textOf(USUAL).indexOf('{"e"'), -1)],
  ['something behind it', `${textOf(USUAL)} `],
  ['a quantity of nothing', textOf({ ...USUAL, q: '0.0' })],
  ['another side', textOf({ ...USUAL, S: 'HOLD' })],
  ['a trade two days ago', textOf({ ...USUAL, T: String(1_791_435_250_143 - 2 * 86_400_000) })],
])('%s is left to the parser', (_, text) => {
  expect(scan(textOf(USUAL))).toBeDefined();
  expect(scan(text)).toBeUndefined();
});

it('words that share a place in the table of known ones are kept apart', () => {
  const symbols = Array.from({ length: 5000 }, (_, i) => `SYM${i}USDT`);
  for (const s of [...symbols, ...symbols.reverse()]) expect(scan(textOf({ ...USUAL, s }))?.symbol).toBe(s);
});
