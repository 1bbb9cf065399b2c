/**
 * The streams of klines and aggregate trades: forming bars each 2 s on spot, each 250 ms on futures where something was
 * traded, and one closed frame a minute; on futures none for a minute without trades.
 */
import type { FaultBoard } from '../faults/fault-board.ts';
import type { ClientSocket } from '../socket/client-socket.ts';
import { lowerAscii } from '../socket/order-delivery.ts';
import type { StreamRoute } from '../socket/stream-route.ts';
import type { BarMarket } from './bar-market.ts';
import { aggregateTradeFields, klineEvent } from './kline-frames.ts';
import type { TapeMarket, TapeSymbol } from './tape-symbol.ts';
import { MINUTE_MS } from './trade-tape.ts';

const STREAM = /^(.+)@(kline_1m|kline_1s|aggTrade)$/;
export const BAR_TICK_MS = 250;
const SPOT_PERIOD_TICKS = 8;
const CANARY_PERIOD_TICKS = 4;

interface Tick {
  readonly fromMs: number;
  readonly toMs: number;
  readonly number: number;
}

export class BarStreams {
  readonly #market: BarMarket;
  readonly #faults: FaultBoard;
  readonly #bySymbol = new Map<string, TapeSymbol>();
  #lastMs: number;
  #number = 0;

  constructor(market: BarMarket, faults: FaultBoard, nowMs: number) {
    this.#market = market;
    this.#faults = faults;
    this.#lastMs = nowMs;
    for (const one of market.symbols) this.#bySymbol.set(`${one.market}:${lowerAscii(one.symbol)}`, one);
  }

  /** Sends what happened since the last tick. */
  tick(clients: readonly ClientSocket[], nowMs: number): void {
    const tick: Tick = { fromMs: this.#lastMs, toMs: nowMs, number: this.#number++ };
    // The clock went back: what was sent is not sent again.
    if (nowMs <= tick.fromMs) return;
    this.#lastMs = nowMs;
    const events = new Map<string, readonly string[]>();
    for (const client of clients) {
      const market = marketOf(client.route.route);
      if (market === undefined) continue;
      for (const stream of client.subscriptions) {
        const [, symbol = '', kind = ''] = STREAM.exec(stream) ?? [];
        const of = this.#bySymbol.get(`${market}:${symbol}`);
        if (of === undefined || !client.carries(stream)) continue;
        const key = `${market}:${stream}`;
        const texts = events.get(key) ?? this.#events(of, kind, tick);
        events.set(key, texts);
        for (const text of texts) this.#send(client, stream, text, of);
      }
    }
  }

  #events(of: TapeSymbol, kind: string, tick: Tick): readonly string[] {
    if (kind === 'kline_1s') return tick.number % CANARY_PERIOD_TICKS === 0 ? [this.#second(of, tick)] : [];
    if (kind === 'aggTrade') return this.#trades(of, tick);
    return [...this.#closed(of, tick), ...this.#forming(of, tick)];
  }

  #closed(of: TapeSymbol, { fromMs, toMs }: Tick): string[] {
    const texts: string[] = [];
    const current = Math.floor(toMs / MINUTE_MS);
    for (let minute = Math.floor(fromMs / MINUTE_MS); minute < current; minute++) {
      const bar = this.#market.closedBar(of, minute);
      if (of.market !== 'spot' && bar.tradeCount === 0) continue;
      texts.push(klineEvent(of, bar, true, toMs));
    }
    return texts;
  }

  #forming(of: TapeSymbol, { fromMs, toMs, number }: Tick): string[] {
    const minute = Math.floor(toMs / MINUTE_MS);
    const isDue =
      of.market === 'spot'
        ? number % SPOT_PERIOD_TICKS === 0
        : this.#market.trades(of, minute).some(({ timeMs }) => timeMs > fromMs && timeMs <= toMs);
    return isDue ? [klineEvent(of, this.#market.bar(of, minute, toMs), false, toMs)] : [];
  }

  #second(of: TapeSymbol, { toMs }: Tick): string {
    const second = Math.floor(toMs / 1000) * 1000 - 1000;
    const bar = this.#market.bar(of, Math.floor(second / MINUTE_MS), second);
    const event = JSON.parse(klineEvent(of, bar, true, toMs)) as { k: Record<string, unknown> };
    Object.assign(event.k, { t: second, T: second + 999, i: '1s' });
    return JSON.stringify(event);
  }

  #trades(of: TapeSymbol, { fromMs, toMs }: Tick): string[] {
    const texts: string[] = [];
    for (let minute = Math.floor(fromMs / MINUTE_MS); minute <= Math.floor(toMs / MINUTE_MS); minute++) {
      for (const trade of this.#market.trades(of, minute)) {
        if (trade.timeMs <= fromMs || trade.timeMs > toMs) continue;
        const fields = aggregateTradeFields(of, trade);
        texts.push(JSON.stringify({ e: 'aggTrade', E: toMs, s: of.symbol, ...fields }));
      }
    }
    return texts;
  }

  #send(client: ClientSocket, stream: string, text: string, of: TapeSymbol): void {
    const faults = this.#faults;
    if (text.startsWith('{"e":"kline"') && text.includes('"i":"1m"') && text.includes('"x":true')) {
      if (faults.on('no-closing-frames', client.id) !== undefined) return;
      const late = faults.on('late-closing-frames', client.id);
      if (late !== undefined) {
        setTimeout(() => client.send(client.envelop(stream, text)), late.delayMs).unref();
        return;
      }
      if (faults.on('other-closing-frames', client.id) !== undefined) {
        client.send(client.envelop(stream, otherBar(text, of)));
        return;
      }
    }
    if (text.startsWith('{"e":"aggTrade"') && faults.on('trades-silent', client.id) !== undefined) return;
    client.send(client.envelop(stream, text));
  }
}

/** The same bar with another volume. */
function otherBar(text: string, { quantityDecimals }: TapeSymbol): string {
  const event = JSON.parse(text) as { k: Record<string, unknown> };
  event.k.v = (Number(event.k.v) + 1).toFixed(quantityDecimals);
  return JSON.stringify(event);
}

function marketOf(route: StreamRoute['route']): TapeMarket | undefined {
  return route === 'market' ? 'usdm' : route === 'spot' || route === 'coinm' ? route : undefined;
}
