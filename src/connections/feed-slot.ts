/**
 * One place of the feed that is always filled: connects, watches, replaces. A planned replacement listens before the
 * old socket closes, so that it loses nothing; coverage sees one unbroken connection.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { type ConnectionEvent, type ConnectionState, isHearing, nextState } from './connection-machine.ts';
import { FeedSocket } from './feed-socket.ts';
import { FullJitter } from './full-jitter.ts';
import type { HostGates } from './host-gate.ts';

/** All in milliseconds. */
export interface FeedTimeouts {
  readonly handshakeMs: number;
  /** From the handshake to the first message: an acknowledged subscription that brings nothing is a failure. */
  readonly firstMessageMs: number;
  /** Silence after which the connection is suspect, and after which it is cut. */
  readonly quietMs: number;
  readonly silentMs: number;
  readonly maxBackOffMs: number;
}

export const FEED_TIMEOUTS: FeedTimeouts = {
  handshakeMs: 10_000,
  firstMessageMs: 10_000,
  quietMs: 3000,
  silentMs: 6000,
  maxBackOffMs: 30_000,
};

export interface FeedSlotOptions {
  /** `ws-1`, `ws-2`: stable over reconnects. */
  readonly connection: string;
  readonly url: string;
  readonly gates: HostGates;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeouts: FeedTimeouts;
  /** `receivedAtUs`: microseconds since the epoch. */
  readonly onMessage: (connection: string, data: Buffer, isBinary: boolean, receivedAtUs: number) => void;
  readonly onConnected: (connection: string) => void;
  readonly onDisconnected: (connection: string, reason: string) => void;
  readonly onState: (connection: string, state: ConnectionState, reason: string) => void;
}

const TICK_MS = 250;
/** Later ticks mean that this process, not the exchange, was asleep: its sockets get time to catch up. */
const LATE_TICK_MS = 1000;
/** Frames must flow this long before the back-off begins anew. */
const STEADY_MS = 10_000;

export class FeedSlot {
  readonly #options: FeedSlotOptions;
  readonly #backOff: FullJitter;
  #state: ConnectionState = 'waiting';
  #current: FeedSocket | undefined;
  #replacement: FeedSocket | undefined;
  #openedMs = 0;
  #lastMessageMs = 0;
  #hasHeard = false;
  #isPaused = false;
  #lastTickMs = performance.now();
  #wake: () => void = () => undefined;

  constructor(options: FeedSlotOptions) {
    this.#options = options;
    this.#backOff = new FullJitter(250, options.timeouts.maxBackOffMs, options.random);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Milliseconds since the present connection was opened. */
  get ageMs(): number {
    return isHearing(this.#state) ? this.#options.clock.monotonicMs() - this.#openedMs : 0;
  }

  /** Keeps the slot filled until `signal`. @throws LakeError EXCHANGE_BLOCKED. */
  async run(signal: AbortSignal): Promise<void> {
    const ticker = setInterval(() => this.#tick(), TICK_MS);
    try {
      while (!signal.aborted) {
        await this.#options.gates.waitUntilOpen(this.#options.url, signal);
        await this.#connectOnce(signal);
        if (signal.aborted) break;
        await sleep(this.#backOff.nextMs(), undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      clearInterval(ticker);
      this.#replacement?.terminate('stopped');
      this.#current?.terminate('stopped');
      this.#to('stop', 'stopped');
    }
  }

  pause(): void {
    this.#isPaused = true;
    this.#current?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#lastMessageMs = this.#options.clock.monotonicMs();
    this.#current?.resume();
  }

  /** Replaces the connection, make before break. Resolves when it is done or has failed; the old one then stays. */
  rotate(reason: string, signal: AbortSignal): Promise<void> {
    if (!isHearing(this.#state) || this.#replacement !== undefined || signal.aborted)
      return Promise.resolve();
    this.#to('rotate', reason);
    return new Promise((resolve) => {
      const giveUp = setTimeout(
        () => socket.terminate('the replacement brought nothing'),
        this.#options.timeouts.firstMessageMs,
      );
      const done = () => {
        clearTimeout(giveUp);
        signal.removeEventListener('abort', stop);
        this.#replacement = undefined;
        resolve();
      };
      const stop = () => socket.terminate('stopped');
      const socket: FeedSocket = this.#open({
        onFirstMessage: () => {
          const old = this.#current;
          this.#current = socket;
          this.#openedMs = this.#options.clock.monotonicMs();
          this.#state = 'listening';
          old?.terminate('rotated');
          done();
        },
        onGone: (why) => {
          if (this.#current === socket) return this.#lost(why);
          if (this.#state === 'rotating') this.#state = 'listening';
          done();
        },
      });
      this.#replacement = socket;
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** Opens a connection and resolves when it has ended. */
  async #connectOnce(signal: AbortSignal): Promise<void> {
    this.#to('dial', '');
    this.#hasHeard = false;
    const ended = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const socket: FeedSocket = this.#open({
      onOpen: () => {
        this.#openedMs = this.#options.clock.monotonicMs();
        this.#lastMessageMs = this.#openedMs;
        this.#to('opened', '');
      },
      onGone: (reason) => {
        if (this.#current === socket) this.#lost(reason);
      },
    });
    this.#current = socket;
    const stop = () => this.#current?.terminate('stopped');
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    await ended;
    signal.removeEventListener('abort', stop);
  }

  #open(handlers: {
    onOpen?: () => void;
    onFirstMessage?: () => void;
    onGone: (reason: string) => void;
  }): FeedSocket {
    const { url, gates, timeouts, connection, clock, onMessage } = this.#options;
    let isFirst = true;
    return new FeedSocket({
      url,
      gates,
      handshakeTimeoutMs: timeouts.handshakeMs,
      onOpen: () => handlers.onOpen?.(),
      onMessage: (data, isBinary) => {
        const nowMs = clock.monotonicMs();
        this.#lastMessageMs = nowMs;
        if (isFirst) {
          isFirst = false;
          handlers.onFirstMessage?.();
        }
        if (!this.#hasHeard) {
          this.#hasHeard = true;
          this.#options.onConnected(connection);
        }
        if (this.#state !== 'listening') this.#to('message', '');
        if (nowMs - this.#openedMs > STEADY_MS) this.#backOff.reset();
        onMessage(connection, data, isBinary, clock.nowUs());
      },
      onGone: handlers.onGone,
    });
  }

  #lost(reason: string): void {
    this.#current = undefined;
    this.#to('gone', reason);
    if (this.#hasHeard) this.#options.onDisconnected(this.#options.connection, reason);
    this.#hasHeard = false;
    this.#wake();
  }

  /** Watches for silence. */
  #tick(): void {
    const lateMs = performance.now() - this.#lastTickMs - TICK_MS;
    this.#lastTickMs = performance.now();
    const nowMs = this.#options.clock.monotonicMs();
    if (lateMs > LATE_TICK_MS)
      this.#lastMessageMs = Math.max(this.#lastMessageMs, nowMs - this.#options.timeouts.quietMs);
    if (this.#isPaused) return;
    const { quietMs, silentMs, firstMessageMs } = this.#options.timeouts;
    const silenceMs = nowMs - this.#lastMessageMs;
    if (this.#state === 'subscribed' && silenceMs > firstMessageMs) {
      this.#current?.terminate(
        'the exchange accepted the subscription and sent nothing: check the route of BINANCE_FUTURES_WS_URL (liquidations need /market)',
      );
    } else if (isHearing(this.#state) && silenceMs > silentMs) {
      this.#current?.terminate(`no message for ${Math.round(silenceMs / 1000)} s`);
    } else if (this.#state === 'listening' && silenceMs > quietMs) this.#to('quiet', '');
  }

  #to(event: ConnectionEvent, reason: string): void {
    const next = nextState(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    this.#options.onState(this.#options.connection, next, reason);
  }
}
