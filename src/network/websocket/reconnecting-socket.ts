/**
 * One place of the feed that is always filled: connects, replaces. A planned replacement listens before the old socket
 * closes, and both deliver for a moment, so that it loses nothing; coverage sees one unbroken connection.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BackOff } from '../../base/back-off.ts';
import type { Clock } from '../../base/clock.ts';
import type { HostLimits } from '../http/host-limits.ts';
import type { ProxySettings } from '../proxy-rules.ts';
import { type ConnectionState, isHearing } from './connection-machine.ts';
import type { ConnectionFeedEvent, Emit, SocketEvent } from './feed-event.ts';
import { FeedSocket } from './feed-socket.ts';
import type { FeedSpec } from './feed-spec.ts';
import type { FeedTimeouts } from './feed-timeouts.ts';

export interface ReconnectingSocketOptions {
  /** `ws-1`, `ws-2`: stable over reconnects. */
  readonly connection: string;
  readonly url: string;
  readonly spec: FeedSpec;
  readonly hostLimits: HostLimits;
  readonly proxies?: ProxySettings | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeouts: FeedTimeouts;
  readonly emit: Emit<ConnectionFeedEvent>;
}

const FIRST_BACK_OFF_MS = 250;
/** Data must flow this long before the back-off begins anew. */
const STEADY_MS = 10_000;

export class ReconnectingSocket {
  readonly #options: ReconnectingSocketOptions;
  readonly #backOff: BackOff;
  #state: ConnectionState = 'waiting';
  #current: FeedSocket | undefined;
  #replacement: FeedSocket | undefined;
  /** The old socket of a rotation, for the time of the overlap. */
  #retiring: FeedSocket | undefined;
  #retirement: NodeJS.Timeout | undefined;
  #isConnected = false;
  /** A message came since the last `disconnected`. */
  #hasDelivered = false;
  #isPaused = false;
  #topics: readonly string[];
  #url: string;
  /** Where each socket was opened. */
  readonly #urls = new WeakMap<FeedSocket, string>();
  #emptied: () => void = () => undefined;
  #rotated: (isReplaced: boolean) => void = () => undefined;

  /** @param topics to begin with. */
  constructor(options: ReconnectingSocketOptions, topics: readonly string[]) {
    this.#options = options;
    this.#topics = topics;
    this.#url = options.url;
    this.#backOff = new BackOff(FIRST_BACK_OFF_MS, options.timeouts.maxBackOffMs, options.random);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Milliseconds since the present connection was opened; 0 when it does not listen. */
  get ageMs(): number {
    return this.#current && isHearing(this.#current.state) ? this.#current.ageMs : 0;
  }

  /** Keeps the slot filled until `signal`. @throws LakeError EXCHANGE_BLOCKED. */
  async run(signal: AbortSignal): Promise<void> {
    const { hostLimits } = this.#options;
    const stop = () => this.#stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      while (!signal.aborted) {
        const release = await hostLimits.acquire(this.#url, signal);
        await new Promise<void>((resolve) => {
          this.#emptied = resolve;
          this.#current = this.#open(release);
          this.#show('connecting', '');
          if (signal.aborted) this.#stop();
        });
        release();
        if (!signal.aborted) await sleep(this.#backOff.nextMs(), undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#stop();
    }
  }

  pause(): void {
    this.#isPaused = true;
    for (const socket of this.#sockets()) socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const socket of this.#sockets()) socket.resume();
  }

  setTopics(topics: readonly string[]): void {
    this.#topics = topics;
    for (const socket of this.#sockets()) socket.setTopics(topics);
  }

  /** Where the next connection goes; `isElsewhere` until that has replaced the present one. */
  setUrl(url: string): void {
    this.#url = url;
  }

  /** The present connection listens at another address than the one that is wanted. */
  get isElsewhere(): boolean {
    return (
      this.#current !== undefined &&
      isHearing(this.#current.state) &&
      this.#urls.get(this.#current) !== this.#url
    );
  }

  /** Replaces the connection, make before break. @returns whether that worked; the old one stays if not. */
  async rotate(reason: string): Promise<boolean> {
    const { hostLimits } = this.#options;
    const old = this.#current;
    if (old === undefined || !isHearing(old.state)) return false;
    if (this.#replacement !== undefined || hostLimits.refusalOf(this.#url) !== undefined) return false;
    old.tell('rotate', reason);
    return new Promise((resolve) => {
      this.#rotated = resolve;
      this.#replacement = this.#open(() => undefined);
    });
  }

  /** @param release called as soon as the exchange has answered in any way. */
  #open(release: () => void): FeedSocket {
    const socket: FeedSocket = new FeedSocket({
      ...this.#options,
      topics: this.#topics,
      url: this.#url,
      emit: (event) => {
        if (event.type === 'state') release();
        this.#take(socket, event);
      },
    });
    this.#urls.set(socket, this.#url);
    if (this.#isPaused) socket.pause();
    return socket;
  }

  #take(socket: FeedSocket, event: SocketEvent): void {
    if (event.type === 'state') {
      const { state, reason } = event;
      if (state === 'waiting' || state === 'stopped') this.#ended(socket, reason);
      else if (state === 'listening') this.#heard(socket);
      if (socket === this.#current) this.#show(state, reason);
      return;
    }
    if (event.type === 'message') this.#hasDelivered = true;
    this.#options.emit(event);
  }

  #heard(socket: FeedSocket): void {
    if (socket === this.#replacement) {
      this.#retire(this.#current);
      this.#replacement = undefined;
      this.#current = socket;
      this.#rotated(true);
    }
    if (this.#isConnected) return;
    this.#isConnected = true;
    const { emit, connection } = this.#options;
    emit({ type: 'connected', connection, url: this.#urls.get(socket) ?? this.#url });
  }

  #retire(old: FeedSocket | undefined): void {
    this.#resetBackOffAfter(old);
    this.#endRetiring();
    this.#retiring = old;
    this.#retirement = setTimeout(() => this.#endRetiring(), this.#options.timeouts.overlapMs);
  }

  #endRetiring(): void {
    clearTimeout(this.#retirement);
    const old = this.#retiring;
    this.#retiring = undefined;
    old?.end('replaced', 'rotated');
  }

  #ended(socket: FeedSocket, reason: string): void {
    if (socket === this.#retiring) this.#retiring = undefined;
    if (socket === this.#replacement) {
      this.#replacement = undefined;
      this.#current?.tell('kept', `not replaced: ${reason}`);
      this.#rotated(false);
    }
    if (socket === this.#current) {
      this.#resetBackOffAfter(socket);
      this.#endRetiring();
      this.#current = undefined;
      this.#show(socket.state, reason);
      if (this.#hasDelivered) {
        this.#isConnected = false;
        this.#hasDelivered = false;
        const { connection, emit } = this.#options;
        emit({ type: 'disconnected', connection, reason });
      }
    }
    if (this.#current === undefined && this.#replacement === undefined) this.#emptied();
  }

  #resetBackOffAfter(socket: FeedSocket | undefined): void {
    if (socket !== undefined && socket.flowedMs > STEADY_MS) this.#backOff.reset();
  }

  #stop(): void {
    for (const socket of this.#sockets()) socket.end('stop', 'stopped');
    this.#show('stopped', 'stopped');
  }

  #sockets(): FeedSocket[] {
    return [this.#retiring, this.#replacement, this.#current].filter((socket) => socket !== undefined);
  }

  #show(state: ConnectionState, reason: string): void {
    if (state === this.#state) return;
    this.#state = state;
    const { connection, emit } = this.#options;
    emit({ type: 'state', connection, state, reason });
  }
}
