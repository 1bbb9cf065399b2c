import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scanClosedKline } from '../../../src/sources/binance/kline-fast-path.ts';
import { parseKlineEvent } from '../../../src/sources/binance/parse-kline.ts';

const OPEN_MS = Date.UTC(2026, 10, 24, 12, 7);
const NOW_US = (OPEN_MS + 60_100) * 1000;
const USUAL = {
  E: String(OPEN_MS + 60_050),
  s: 'BTCUSDT',
  t: String(OPEN_MS),
  T: String(OPEN_MS + 59_999),
  ks: 'BTCUSDT',
  i: '"1m"',
  f: '100',
  L: '149',
  o: '84250.10',
  c: '84251.00',
  h: '84260.00',
  l: '84240.00',
  v: '12.345',
  n: '50',
  x: 'true',
  q: '1040084.50000000',
  V: '6.1',
  Q: '513926.11',
  rest: ',"B":"0"',
};
/** Field by field, since a text of its own may break out of its quotes. */
const textOf = (k: typeof USUAL) =>
  `{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":${k.E},"s":"${k.s}","k":{"t":${k.t},"T":${k.T},"s":"${k.ks}","i":${k.i},"f":${k.f},"L":${k.L},"o":"${k.o}","c":"${k.c}","h":"${k.h}","l":"${k.l}","v":"${k.v}","n":${k.n},"x":${k.x},"q":"${k.q}","V":"${k.V}","Q":"${k.Q}"${k.rest}}}}`;
const scan = (text: string) => scanClosedKline(Buffer.from(text), 'spot', NOW_US);

/** What is scanned has to be what the parser says; it may always be left to the parser. */
function agree(text: string): boolean {
  const bar = scan(text);
  if (bar !== undefined)
    expect({ kind: 'closed', bar }).toEqual(parseKlineEvent(JSON.parse(text).data, 'spot', NOW_US));
  return bar !== undefined;
}

const decimal = fc.oneof(
  fc.constantFrom('0', '0.000', '.5', '5.', '', '1.2.3', '-1', '1e9', 'NaN', '1'.repeat(41), '9'.repeat(40)),
  fc.constantFrom('9007199254740991', '9007199254740993', '0.12345678901234567', '123456789.123456789'),
  fc.stringMatching(/^\d{1,12}(\.\d{1,9})?$/),
  fc.stringMatching(/^\d{1,9}\.\d{8}$/),
  // A byte beside the digits, or none of ASCII, in the place of one of eight.
  fc.stringMatching(/^\d{1,3}\.\d{0,7}[ /:;?@~\u007fé]\d{0,7}$/),
);
const id = fc.oneof(
  fc.constantFrom('-1', '0', '00', '01', '1.0', '1e2', 'null', '"5"', '', '9007199254740993'),
  fc.integer({ min: 90, max: 160 }).map(String),
);
const time = fc.oneof(
  fc.constantFrom('1791435249', `${OPEN_MS}000`, String(OPEN_MS + 60_000), String(OPEN_MS + 1), 'null'),
  fc.integer({ min: -27 * 60, max: 27 * 60 }).map((minutes) => String(OPEN_MS + minutes * 60_000)),
);
const word = fc.oneof(
  fc.constantFrom('ETHUSDT', '币安人生USDT', '', 'a', 'A"', '\\u0041', 'X'.repeat(65)),
  fc.string({ maxLength: 4 }),
);
const values = {
  o: decimal,
  c: decimal,
  h: decimal,
  l: decimal,
  v: decimal,
  q: decimal,
  V: decimal,
  Q: decimal,
};
const rest = fc.constantFrom('', ',"B":"12.5"', ',"B":"x"', ',"B":0', ',"B":"0","n":1', '}');
const texts = {
  s: word,
  ks: word,
  i: fc.constantFrom('"1m"', '"1s"', '1'),
  x: fc.constantFrom('true', 'false'),
};
const changes = fc.record(
  { E: time, t: time, T: time, f: id, L: id, n: id, ...values, rest, ...texts },
  { requiredKeys: [] },
);

it('a closed bar as the exchange writes it is scanned, and is what the parser says', () => {
  const price = fc.stringMatching(/^\d{1,8}\.\d{1,8}$/);
  const good = fc.record({ o: price, c: price, h: price, l: price, v: price, q: price, V: price, Q: price });
  const symbol = fc.stringMatching(/^[A-Z0-9_]{1,64}$/);
  fc.assert(fc.property(good, symbol, (change, s) => agree(textOf({ ...USUAL, ...change, s, ks: s }))));
});

it('any other value is what the parser says, or left to it', () => {
  fc.assert(
    fc.property(changes, (change) => void agree(textOf({ ...USUAL, ...change }))),
    { numRuns: 1000 },
  );
});

it('so is a frame with any byte changed, missing or too much', () => {
  const text = textOf({ ...USUAL, o: '84250.10000000' });
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
  ['a forming bar', textOf({ ...USUAL, x: 'false' })],
  ['a minute without a trade', textOf({ ...USUAL, f: '-1', L: '-1', n: '0' })],
  ['a bar of a second', textOf({ ...USUAL, i: '"1s"' })],
  ['another stream', textOf(USUAL).replace('@kline_1m', '@kline_1s')],
  ['two symbols', textOf({ ...USUAL, s: 'ETHUSDT' })],
  ['a name in other letters', textOf({ ...USUAL, s: '币安人生USDT', ks: '币安人生USDT' })],
])('%s is left to the parser', (_, text) => {
  expect(scan(textOf(USUAL))).toBeDefined();
  expect(scan(text)).toBeUndefined();
});

it('reads no byte behind the end of a frame, where the memory goes on', () => {
  const text = textOf({ ...USUAL, o: '84250.10000000', rest: ',"B":"0.00000000"' });
  const memory = Buffer.from(`${text}${text}`);
  for (let cut = 0; cut < text.length; cut++)
    expect(scanClosedKline(memory.subarray(0, cut), 'spot', NOW_US)).toBeUndefined();
  for (const start of [0, text.length])
    expect(scanClosedKline(memory.subarray(start, start + text.length), 'spot', NOW_US)).toEqual(scan(text));
});
