/** Ticks of the steady streams: mark prices on `/market`, best bids and asks on `/public` and the old routes. */

import type { Instrument } from '../market/instruments.ts';
import type { ClientSocket } from './client-socket.ts';
import { lowerAscii } from './order-delivery.ts';

const STREAM = /^(.+)@(markPrice|markPrice@1s|bookTicker)$/;
/** `@markPrice` without a speed comes every third tick. */
const SLOW_PERIOD_TICKS = 3;
const FUNDING_PERIOD_MS = 8 * 3_600_000;

export class Canary {
  readonly #bySymbol: ReadonlyMap<string, Instrument>;
  #tick = 0;

  constructor(instruments: readonly Instrument[]) {
    this.#bySymbol = new Map(instruments.map((instrument) => [lowerAscii(instrument.symbol), instrument]));
  }

  /** Sends one tick of every steady stream to the clients that carry it. */
  tick(clients: readonly ClientSocket[], eventTimeMs: number): void {
    this.#tick += 1;
    for (const client of clients) {
      for (const stream of client.subscriptions) {
        const [, symbol = '', kind] = STREAM.exec(stream) ?? [];
        const instrument = this.#bySymbol.get(symbol);
        if (instrument === undefined || !client.carries(stream)) continue;
        if (kind === 'markPrice' && this.#tick % SLOW_PERIOD_TICKS !== 0) continue;
        const event =
          kind === 'bookTicker' ? bookTicker(instrument, eventTimeMs) : markPrice(instrument, eventTimeMs);
        client.send(client.envelop(stream, event));
      }
    }
  }
}

function markPrice(instrument: Instrument, eventTimeMs: number): string {
  const mark = priceAt(instrument, eventTimeMs);
  const isDelivery = /_\d/.test(instrument.symbol);
  return JSON.stringify({
    e: 'markPriceUpdate',
    E: eventTimeMs,
    s: instrument.symbol,
    p: mark.toFixed(8),
    P: (mark * 1.0001).toFixed(8),
    i: (mark * 0.9999).toFixed(8),
    // Delivery contracts have no funding.
    r: isDelivery ? '' : '0.00010000',
    T: isDelivery ? 0 : Math.ceil(eventTimeMs / FUNDING_PERIOD_MS) * FUNDING_PERIOD_MS,
  });
}

function bookTicker(instrument: Instrument, eventTimeMs: number): string {
  const bid = priceAt(instrument, eventTimeMs);
  return JSON.stringify({
    e: 'bookTicker',
    u: eventTimeMs,
    s: instrument.symbol,
    b: bid.toFixed(instrument.priceDecimals),
    B: '1',
    a: (bid + 10 ** -instrument.tickDecimals).toFixed(instrument.priceDecimals),
    A: '1',
    T: eventTimeMs,
    E: eventTimeMs,
  });
}

/** A slow wave is enough: the price only has to move, and to be the same on every connection. */
function priceAt(instrument: Instrument, timeMs: number): number {
  return instrument.price * (1 + 0.01 * Math.sin(timeMs / 60_000));
}
