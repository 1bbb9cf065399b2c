/**
 * Order frames made beforehand, as bytes with their WebSocket header: for each one only the digits of the times are
 * written, so that every frame is another order and making it costs next to nothing.
 */

import { createSeededRandom } from '../../base/seeded-random.ts';
import { type ForcedOrder, forceOrderEvent } from '../market/forced-order.ts';
import type { Instrument } from '../market/instruments.ts';
import { EVENT_DELAY_MS } from '../market/market-event.ts';
import { makeOrder } from '../market/order-maker.ts';
import { ALL_LIQUIDATIONS } from './order-delivery.ts';

/** Any time of 13 digits; its place in the text is where the real one goes. */
const EVENT_MARK = 1_111_111_111_111;
const TRADE_MARK = 2_222_222_222_222;
const TIME_DIGITS = 13;
const FINAL_TEXT_FRAME = 0x81;
const LENGTH_IN_TWO_BYTES = 126;

interface Template {
  readonly order: ForcedOrder;
  readonly raw: FrameTemplate;
  readonly combined: FrameTemplate;
}

interface FrameTemplate {
  readonly bytes: Buffer;
  readonly eventTimeAt: number;
  readonly tradeTimeAt: number;
}

export class FloodFrames {
  readonly #templates: readonly Template[];
  readonly #firstTradeTimeMs: number;
  readonly maxFrameBytes: number;

  constructor(instruments: readonly Instrument[], seed: number, nowMs: number) {
    const random = createSeededRandom(seed);
    this.#firstTradeTimeMs = nowMs - EVENT_DELAY_MS;
    this.#templates = instruments.map((instrument) => {
      const order = makeOrder(instrument, random.next() < 0.5 ? 'SELL' : 'BUY', TRADE_MARK, random);
      const event = forceOrderEvent(order, EVENT_MARK);
      const combined = frameTemplate(`{"stream":"${ALL_LIQUIDATIONS}","data":${event}}`);
      return { order, raw: frameTemplate(event), combined };
    });
    this.maxFrameBytes = Math.max(...this.#templates.map(({ combined }) => combined.bytes.length));
  }

  /** The order with this number. Each symbol has one a millisecond, so faster floods run ahead of the clock. */
  orderAt(sequence: number): ForcedOrder {
    return { ...this.#templateAt(sequence).order, T: this.#tradeTimeAt(sequence) };
  }

  /** Writes the frame of an order into `target`. @returns the offset behind it */
  write(sequence: number, isCombined: boolean, target: Buffer, offset: number): number {
    const template = this.#templateAt(sequence);
    const { bytes, eventTimeAt, tradeTimeAt } = isCombined ? template.combined : template.raw;
    const tradeTimeMs = this.#tradeTimeAt(sequence);
    bytes.copy(target, offset);
    writeDigits(target, offset + tradeTimeAt, tradeTimeMs);
    writeDigits(target, offset + eventTimeAt, tradeTimeMs + EVENT_DELAY_MS);
    return offset + bytes.length;
  }

  #templateAt(sequence: number): Template {
    const template = this.#templates[sequence % this.#templates.length];
    if (template === undefined) throw new RangeError('a flood needs at least one instrument');
    return template;
  }

  #tradeTimeAt(sequence: number): number {
    return this.#firstTradeTimeMs + Math.floor(sequence / this.#templates.length);
  }
}

function frameTemplate(text: string): FrameTemplate {
  const payload = Buffer.from(text);
  const header = Buffer.from([
    FINAL_TEXT_FRAME,
    LENGTH_IN_TWO_BYTES,
    payload.length >> 8,
    payload.length & 0xff,
  ]);
  const bytes = Buffer.concat([header, payload]);
  return {
    bytes,
    eventTimeAt: bytes.indexOf(String(EVENT_MARK)),
    tradeTimeAt: bytes.indexOf(String(TRADE_MARK)),
  };
}

function writeDigits(target: Buffer, at: number, value: number): void {
  let rest = value;
  for (let index = at + TIME_DIGITS - 1; index >= at; index--) {
    const next = Math.floor(rest / 10);
    target[index] = 48 + (rest - next * 10);
    rest = next;
  }
}
