/** Plays the market to the connections: starts it when enough of them listen, floods those of a flood, resends on reconnect. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultBoard } from '../faults/fault-board.ts';
import type { SimulatorOptions } from '../simulator.ts';
import type { ClientSocket } from '../socket/client-socket.ts';
import { FloodFrames } from '../socket/flood-frames.ts';
import { startFloodPump } from '../socket/flood-pump.ts';
import { ALL_LIQUIDATIONS } from '../socket/order-delivery.ts';
import type { StreamServer } from '../socket/stream-server.ts';
import type { TruthRecord } from '../truth/truth-record.ts';
import type { ExchangeTime } from './exchange-time.ts';
import type { Instrument } from './instruments.ts';
import type { Market } from './market.ts';
import { EVENT_DELAY_MS, type MarketEvent } from './market-event.ts';
import { playMarket } from './market-feed.ts';

/** A market without a clock waits while a client has more than this to read. */
const RELIEF_BYTES = 4 * 1024 * 1024;
const RELIEF_PAUSE_MS = 5;

export interface MarketPlayerOptions {
  readonly options: SimulatorOptions;
  readonly market: Market;
  readonly instruments: readonly Instrument[];
  readonly streams: StreamServer;
  readonly truth: TruthRecord;
  readonly faults: FaultBoard;
  readonly time: ExchangeTime;
  readonly signal: AbortSignal;
}

export class MarketPlayer {
  readonly flood: FloodFrames | undefined;
  readonly #context: MarketPlayerOptions;
  readonly #listeners = new Set<number>();
  readonly #started: Promise<void>;
  #start: () => void = () => undefined;
  #shiftMs = 0;
  #hasEnded = false;

  constructor(context: MarketPlayerOptions) {
    const { options, instruments, time } = context;
    this.#context = context;
    this.#started = new Promise((resolve) => {
      this.#start = resolve;
    });
    if (options.market === 'flood')
      this.flood = new FloodFrames(instruments, options.seed ?? 1, time.exchangeMs());
    context.signal.addEventListener('abort', () => this.#start());
    this.#startIfAwaited();
  }

  /** A flood has ended when everyone who listens now has got all of it. */
  get hasEnded(): boolean {
    if (this.flood === undefined) return this.#hasEnded;
    const { options, streams, truth } = this.#context;
    const flooded = streams.clients.filter(({ id }) => this.#listeners.has(id));
    const { maxOrders = Number.POSITIVE_INFINITY } = options;
    return flooded.length > 0 && flooded.every(({ id }) => truth.flood.framesSent(id) >= maxOrders);
  }

  /** What a replay adds to the recorded times; 0 for other markets. */
  get timeShiftMs(): number {
    return typeof this.#context.options.market === 'object' ? this.#shiftMs : 0;
  }

  /** A connection opened or changed its subscriptions: it may count as a listener from now on. */
  admit(client: ClientSocket): void {
    if (this.#listeners.has(client.id) || !client.carriesLiquidations) return;
    this.#listeners.add(client.id);
    this.#resend(client);
    const { flood } = this;
    if (flood !== undefined) void this.#started.then(() => this.#floodWith(flood, client));
    this.#startIfAwaited();
  }

  /** @returns when the market has ended or the simulator stops */
  async play(): Promise<void> {
    const { options, market, streams, faults, time, signal } = this.#context;
    await this.#started;
    if (signal.aborted || this.flood !== undefined) return;
    this.#shiftMs = market.timeShiftMs(time.exchangeMs() - time.skewMs());
    const isUnhurried = options.speed === Number.POSITIVE_INFINITY;
    await playMarket({
      events: market.events,
      maxOrders: options.maxOrders ?? Number.POSITIVE_INFINITY,
      deliver: (event) => {
        if (faults.anywhere('quiet-market') === undefined) this.#deliver(event);
      },
      relief: async () => {
        while (isUnhurried && !signal.aborted && streams.clients.some(isOverfull))
          await sleep(RELIEF_PAUSE_MS);
      },
      signal,
    });
    this.#hasEnded = !signal.aborted;
  }

  #deliver({ content }: MarketEvent): void {
    const { streams, time } = this.#context;
    if (content.kind === 'text') {
      streams.publishText(content.text);
      return;
    }
    const order = { ...content.order, T: content.order.T + this.#shiftMs + time.skewMs() };
    streams.publishOrder(order, order.T + content.eventDelayMs);
  }

  #resend(client: ClientSocket): void {
    const { faults, truth, streams } = this.#context;
    const { count } = faults.anywhere('resend-on-reconnect') ?? { count: 0 };
    for (const order of truth.lastOrders(count)) streams.offerTo(client, order, order.T + EVENT_DELAY_MS);
  }

  #floodWith(frames: FloodFrames, client: ClientSocket): void {
    const { options, streams, truth, faults, signal } = this.#context;
    startFloodPump(client, {
      frames,
      record: truth.flood,
      framesPerSecond: options.framesPerSecond ?? Number.POSITIVE_INFINITY,
      maxOrders: options.maxOrders ?? Number.POSITIVE_INFINITY,
      isFed: () =>
        faults.anywhere('quiet-market') === undefined &&
        streams.isFed(client) &&
        client.carries(ALL_LIQUIDATIONS),
      signal,
    });
  }

  #startIfAwaited(): void {
    const { options } = this.#context;
    const needed = options.waitForListeners ?? (typeof options.market === 'object' ? 1 : 0);
    if (this.#listeners.size >= needed) this.#start();
  }
}

function isOverfull(client: ClientSocket): boolean {
  return client.isOpen && client.bufferedBytes > RELIEF_BYTES;
}
