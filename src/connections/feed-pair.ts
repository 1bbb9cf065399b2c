/**
 * The liquidation feed: one or two slots that cover each other. Rotations are staggered and never coincide; when
 * liquidations alone fall silent while the connections live, the span is called unproven and they are replaced one
 * after the other, since the route may be dead though the connection is not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { type ConnectionState, isHearing } from './connection-machine.ts';
import { FEED_TIMEOUTS, FeedSlot, type FeedTimeouts } from './feed-slot.ts';
import type { HostGates } from './host-gate.ts';

export interface FeedPairOptions {
  /** The base address; `/market/stream?streams=…` is appended. */
  readonly baseUrl: string;
  readonly sockets: 1 | 2;
  readonly gates: HostGates;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly timeouts?: FeedTimeouts;
  readonly unprovenAfterMs: number;
  readonly onMessage: (connection: string, data: Buffer, isBinary: boolean, receivedAtUs: number) => void;
  readonly onConnected: (connection: string, url: string) => void;
  readonly onDisconnected: (connection: string, reason: string) => void;
  readonly onUnproven: (sinceUs: number) => void;
  readonly onState: (connection: string, state: ConnectionState, reason: string) => void;
}

/** The canary ticks each second on the same connection, so that silence of the market and of the line differ. */
export const CANARY_STREAM = 'btcusdt@markPrice@1s';
const STREAMS = `!forceOrder@arr/${CANARY_STREAM}`;
/** The exchange closes connections after 24 h. */
const MAX_AGE_MS = 23 * 3_600_000;
const CHECK_MS = 500;
/** The second slot dials when the first has its answer, so that a refusing exchange is asked once. */
const SECOND_DIAL_MS = 15_000;

export class FeedPair {
  readonly #options: FeedPairOptions;
  readonly #slots: readonly FeedSlot[];
  readonly #url: string;
  readonly #maxAgeMs: number[];
  #firstAnswer: () => void = () => undefined;
  #lastLiquidationUs = 0;
  #lastLiquidationMs = 0;
  #rotating: Promise<void> = Promise.resolve();
  #isRotating = false;

  constructor(options: FeedPairOptions) {
    this.#options = options;
    const { baseUrl, gates, clock, random = Math.random, timeouts = FEED_TIMEOUTS } = options;
    this.#url = `${baseUrl}/market/stream?streams=${STREAMS}`;
    this.#slots = Array.from({ length: options.sockets }, (_, index) => {
      return new FeedSlot({
        connection: `ws-${index + 1}`,
        url: this.#url,
        gates,
        clock,
        random,
        timeouts,
        onMessage: (connection, data, isBinary, receivedAtUs) =>
          this.#message(connection, data, isBinary, receivedAtUs),
        onConnected: (connection) => options.onConnected(connection, this.#url),
        onDisconnected: options.onDisconnected,
        onState: (connection, state, reason) => {
          if (state !== 'connecting') this.#firstAnswer();
          options.onState(connection, state, reason);
        },
      });
    });
    // The second slot's first connection lives half as long: from then on the two rotate 11.5 h apart.
    this.#maxAgeMs = [MAX_AGE_MS - random() * 600_000, MAX_AGE_MS / 2 - random() * 600_000];
  }

  /** Listens until `signal`. @throws LakeError EXCHANGE_BLOCKED. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const all = AbortSignal.any([signal, ended.signal]);
    const firstAnswer = new Promise<void>((resolve) => {
      this.#firstAnswer = resolve;
    });
    this.#heardLiquidation(this.#options.clock.nowUs());
    const watch = setInterval(() => this.#watch(all), CHECK_MS);
    try {
      const runs = this.#slots.map(async (slot, index) => {
        if (index > 0)
          await Promise.race([
            firstAnswer,
            sleep(SECOND_DIAL_MS, undefined, { signal: all }).catch(() => undefined),
          ]);
        await slot.run(all);
      });
      await Promise.all(runs);
    } finally {
      clearInterval(watch);
      ended.abort();
    }
  }

  pause(): void {
    for (const slot of this.#slots) slot.pause();
  }

  resume(): void {
    for (const slot of this.#slots) slot.resume();
  }

  get states(): readonly ConnectionState[] {
    return this.#slots.map(({ state }) => state);
  }

  #message(connection: string, data: Buffer, isBinary: boolean, receivedAtUs: number): void {
    if (startsLikeLiquidation(data)) this.#heardLiquidation(receivedAtUs);
    else if (data.length < 200 && data.includes('serverShutdown')) this.#rotateSlotOf(connection);
    this.#options.onMessage(connection, data, isBinary, receivedAtUs);
  }

  #heardLiquidation(atUs: number): void {
    this.#lastLiquidationUs = atUs;
    this.#lastLiquidationMs = this.#options.clock.monotonicMs();
  }

  #rotateSlotOf(connection: string): void {
    const slot = this.#slots[Number(connection.slice(3)) - 1];
    if (slot) void slot.rotate('the server announced that it closes', new AbortController().signal);
  }

  #watch(signal: AbortSignal): void {
    if (this.#isRotating) return;
    if (!this.#slots.some(({ state }) => isHearing(state))) {
      // Nobody listens: silence says nothing about the route.
      this.#lastLiquidationMs = this.#options.clock.monotonicMs();
      this.#lastLiquidationUs = this.#options.clock.nowUs();
      return;
    }
    if (this.#options.clock.monotonicMs() - this.#lastLiquidationMs > this.#options.unprovenAfterMs) {
      this.#options.onUnproven(this.#lastLiquidationUs);
      this.#lastLiquidationMs = this.#options.clock.monotonicMs();
      this.#rotateInTurn([...this.#slots], 'liquidations silent', signal);
      return;
    }
    const old = this.#slots.filter((slot, index) => slot.ageMs > (this.#maxAgeMs[index] ?? MAX_AGE_MS));
    if (old.length > 0) this.#rotateInTurn(old, 'older than 23 h', signal);
  }

  #rotateInTurn(slots: readonly FeedSlot[], reason: string, signal: AbortSignal): void {
    this.#isRotating = true;
    const work = async () => {
      for (const slot of slots) {
        await slot.rotate(reason, signal);
        this.#maxAgeMs[this.#slots.indexOf(slot)] = MAX_AGE_MS;
      }
      this.#isRotating = false;
    };
    this.#rotating = this.#rotating.then(work);
  }
}

/** Looks at the beginning of a frame only: its envelope or its event type. */
function startsLikeLiquidation(data: Buffer): boolean {
  const at = data.indexOf('forceOrder');
  return at >= 0 && at < 64;
}
