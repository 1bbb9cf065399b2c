/** The catalogue of frames that no exchange should send: each must end in quarantine and harm nothing else. */
import type { ForcedOrder } from '../market/forced-order.ts';

export interface MalformedFrame {
  readonly name: string;
  readonly data: string | Buffer;
}

const DEPTH = 1000;
const LONG = 1_000_000;

/**
 * @param order a right order, which the malformed ones resemble
 * @param envelop puts an event into the connection's envelope
 */
export function malformedFrames(
  order: ForcedOrder,
  envelop: (event: string) => string,
): readonly MalformedFrame[] {
  const event = (o: unknown): string => envelop(JSON.stringify({ e: 'forceOrder', E: order.T + 1005, o }));
  const withFields = (fields: Record<string, unknown>): string => event({ ...order, ...fields });
  const without = (field: keyof ForcedOrder): string =>
    event(Object.fromEntries(Object.entries(order).filter(([name]) => name !== field)));
  const whole = event(order);
  const frames: Record<string, string | Buffer> = {
    'invalid-json': whole.replaceAll('"', "'"),
    truncated: whole.slice(0, whole.length >> 1),
    empty: '',
    null: 'null',
    array: `[${whole}]`,
    number: '42',
    html: '<html><body>502 Bad Gateway</body></html>',
    'no-order': envelop('{"e":"forceOrder","E":1}'),
    'unknown-event': envelop('{"e":"somethingNew","E":1}'),
    'wrong-types': withFields({ q: Number(order.q), p: true, z: [order.z] }),
    'symbol-is-a-number': withFields({ s: 42 }),
    'side-unknown': withFields({ S: 'HOLD' }),
    'no-symbol': without('s'),
    'no-price': without('p'),
    'no-time': without('T'),
    'quantity-nan': withFields({ q: 'NaN' }),
    'quantity-negative': withFields({ q: `-${order.q}` }),
    'quantity-empty': withFields({ q: '' }),
    'quantity-hex': withFields({ q: '0x10' }),
    'price-out-of-range': withFields({ p: '1e400' }),
    'time-in-seconds': withFields({ T: Math.floor(order.T / 1000) }),
    'time-in-nanoseconds': event(order).replace(`"T":${order.T}`, `"T":${order.T}000000`),
    'time-far-away': withFields({ T: order.T + 40 * 86_400_000 }),
    'long-string': withFields({ s: 'X'.repeat(LONG) }),
    'deep-nesting': envelop(`{"e":"forceOrder","E":1,"o":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`),
    binary: Buffer.from([0, 255, 1, 254, 127, 128, 10, 27]),
    'control-characters': withFields({ s: 'BTC\u0000\u0007\rUSDT' }),
    'terminal-escape': withFields({ s: '\u001b]0;owned\u0007\u001b[2JBTCUSDT' }),
    // Not a parsed `__proto__` but the text: as an own key it must not lend its fields to the order.
    prototype: envelop(`{"e":"forceOrder","E":1,"o":{"__proto__":${JSON.stringify(order)}}}`),
  };
  return Object.entries(frames).map(([name, data]) => ({ name, data }));
}
