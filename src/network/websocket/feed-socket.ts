/**
 * One WebSocket from its handshake to its end: runs the state machine of its connection and watches for silence. It
 * knows frames and time-outs, not what a payload means.
 */

import type { IncomingMessage } from 'node:http';
import { HttpsProxyAgent } from 'https-proxy-agent';
import WebSocket from 'ws';
import type { Clock } from '../../base/clock.ts';
import { durationText } from '../../base/duration.ts';
import { printable } from '../../base/printable.ts';
import type { HostLimits } from '../http/host-limits.ts';
import { closeReason, networkHint, networkReason } from '../network-reason.ts';
import { type ProxySettings, proxyOf, proxyText } from '../proxy-rules.ts';
import { noteFailedConnection } from '../slow-network.ts';
import { type ConnectionEvent, type ConnectionState, isHearing, nextState } from './connection-machine.ts';
import type { Emit, SocketEvent } from './feed-event.ts';
import type { FeedSpec } from './feed-spec.ts';
import type { FeedTimeouts } from './feed-timeouts.ts';
import { namesTopic } from './names-topic.ts';
import { refusalBody } from './refusal-body.ts';
import { Subscription } from './subscription.ts';

export interface FeedSocketOptions {
  readonly url: string;
  readonly spec: FeedSpec;
  /** What to subscribe once it is open. */
  readonly topics: readonly string[];
  readonly hostLimits: HostLimits;
  readonly clock: Clock;
  readonly timeouts: FeedTimeouts;
  /** Undefined: it is dialled directly. */
  readonly proxies?: ProxySettings | undefined;
  /** Its name in what it says. */
  readonly connection: string;
  readonly emit: Emit<SocketEvent>;
}

/** A frame that is larger is an attack: the largest real one has a few hundred kilobytes. */
const MAX_PAYLOAD_BYTES = 16 * 2 ** 20;
const WATCH_MS = 250;
/** A later look at the clock means that this process, not the exchange, was asleep. */
const LATE_WATCH_MS = 1000;
const MAX_REFUSAL_CHARS = 300;
const MAX_REFUSED_TOPICS = 5;

/** How the reason of such an end begins, which the log calls EXCHANGE_SILENT. */
export const NOTHING_CAME = 'the exchange accepted the subscription and sent nothing';
const NOT_ACKNOWLEDGED = 'the exchange did not acknowledge the subscription';

export class FeedSocket {
  readonly #options: FeedSocketOptions;
  readonly #socket: WebSocket;
  readonly #proxy: URL | undefined;
  readonly #watch: NodeJS.Timeout;
  readonly #subscription: Subscription | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #state: ConnectionState = 'connecting';
  #isPaused = false;
  #openedMs = 0;
  #firstDataMs = 0;
  /** When the dial began, the socket opened or data came: what silence is measured from. */
  #lastDataMs: number;
  #lastWatchMs: number;

  constructor(options: FeedSocketOptions) {
    this.#options = options;
    this.#lastDataMs = options.clock.monotonicMs();
    this.#lastWatchMs = this.#lastDataMs;
    this.#proxy = proxyOf(options.url, options.proxies);
    const agent = this.#proxy && new HttpsProxyAgent(this.#proxy);
    agent?.once('proxyConnect', ({ statusCode }: { readonly statusCode: number }) => {
      // What the proxy says against it is no word of the exchange: no host is left alone for it.
      if (statusCode !== 200) this.end('gone', `the proxy refused it with ${statusCode}${this.#way}`);
    });
    this.#socket = new WebSocket(options.url, {
      agent,
      perMessageDeflate: false,
      // A pong says that all before it arrived: it waits until that is safe from a kill.
      autoPong: false,
      maxPayload: MAX_PAYLOAD_BYTES,
      // What is not UTF-8 is quarantined like any other nonsense; the connection stays.
      skipUTF8Validation: true,
    });
    const { subscription } = options.spec;
    this.#subscription = subscription && new Subscription(subscription, (text) => this.#send(text));
    this.#watch = setInterval(() => this.#look(), WATCH_MS);
    this.#listen();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Milliseconds since the handshake. */
  get ageMs(): number {
    return this.#options.clock.monotonicMs() - this.#openedMs;
  }

  /** Milliseconds from the first data to the last. */
  get flowedMs(): number {
    return this.#firstDataMs === 0 ? 0 : this.#lastDataMs - this.#firstDataMs;
  }

  /** Stops reading: the spool is full. The server feels it when its own buffers are. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#lastDataMs = this.#options.clock.monotonicMs();
    this.#socket.resume();
  }

  /** Changes what it is subscribed to, if it is open. */
  setTopics(topics: readonly string[]): void {
    if (this.#state !== 'connecting' && !this.#isOver) this.#subscription?.set(topics);
  }

  /** Its replacement is on the way (`rotate`), or has failed (`kept`). */
  tell(event: 'rotate' | 'kept', reason: string): void {
    this.#step(event, reason);
  }

  /** Ends it at once, without the closing handshake: a dead peer would not answer it. */
  end(event: 'gone' | 'silent' | 'replaced' | 'stop', reason: string): void {
    if (this.#isOver) return;
    clearInterval(this.#watch);
    clearInterval(this.#keepAlive);
    this.#subscription?.end();
    this.#socket.terminate();
    this.#step(event, reason);
  }

  get #way(): string {
    return this.#proxy ? ` (through the proxy ${proxyText(this.#proxy)})` : '';
  }

  get #isOver(): boolean {
    return this.#state === 'waiting' || this.#state === 'stopped';
  }

  #listen(): void {
    const { hostLimits, url, clock } = this.#options;
    const socket = this.#socket;
    socket.on('open', () => {
      if (this.#isOver) return;
      hostLimits.succeeded(url);
      this.#openedMs = clock.monotonicMs();
      this.#lastDataMs = this.#openedMs;
      if (this.#isPaused) socket.pause();
      this.#step('opened', '');
      this.#subscribe();
    });
    socket.on('message', (data, isBinary) => this.#message(data as Buffer, isBinary));
    socket.on('ping', (data) => {
      if (this.#isOver) return;
      const answer = () => {
        if (socket.readyState === WebSocket.OPEN) socket.pong(data);
      };
      this.#options.emit({ type: 'ping', connection: this.#options.connection, answer });
    });
    socket.on('unexpected-response', (request, response) => {
      if (this.#isOver) request.destroy();
      else void this.#refused(response).finally(() => request.destroy());
    });
    socket.on('error', (error) => {
      noteFailedConnection(error);
      const hint = networkHint(error);
      this.end('gone', `${networkReason(error)}${this.#way}${hint ? `: ${hint}` : ''}`);
    });
    socket.on('close', (code, text) => this.end('gone', closeReason(code, text.toString())));
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (this.#isOver) return;
    const { spec, connection, clock, emit } = this.#options;
    const kind = spec.classify(data);
    if (kind === 'refused') {
      this.#refusedTopics(data);
      return;
    }
    if (kind === 'ack') this.#subscription?.acknowledged();
    else if (kind === 'data' || kind === 'tick' || kind === 'live') {
      this.#lastDataMs = clock.monotonicMs();
      if (this.#subscription?.isAcknowledged ?? true) {
        if (this.#firstDataMs === 0) this.#firstDataMs = this.#lastDataMs;
        this.#step('message', '');
      }
    }
    emit({ type: 'message', connection, data, isBinary, receivedAtUs: clock.nowUs(), kind });
  }

  #subscribe(): void {
    const { spec, topics } = this.#options;
    this.#subscription?.set(topics);
    if (spec.keepAlive === undefined) return;
    const { text, intervalMs } = spec.keepAlive;
    this.#keepAlive = setInterval(() => this.#send(text), intervalMs);
  }

  #send(text: string): void {
    // What cannot be sent shows by the answer that does not come.
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text, () => undefined);
  }

  #refusedTopics(data: Buffer): void {
    const text = data.toString();
    const reason = `the exchange refused the subscription: ${printable(text, MAX_REFUSAL_CHARS)}`;
    const named = (this.#subscription?.topics ?? []).filter((topic) => namesTopic(text, topic));
    // One that repeats the whole request names nothing.
    if (named.length > 0 && named.length <= MAX_REFUSED_TOPICS) {
      const { connection, emit } = this.#options;
      emit({ type: 'refused-topics', connection, topics: named, reason });
    }
    this.end('gone', reason);
  }

  get #silenceReason(): string {
    const { setting, routeHint } = this.#options.spec;
    const what = (this.#subscription?.isAcknowledged ?? true) ? NOTHING_CAME : NOT_ACKNOWLEDGED;
    return `${what}: check the route of ${setting}${routeHint ? ` (${routeHint})` : ''}`;
  }

  /** Looks how long nothing came. */
  #look(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const isLate = nowMs - this.#lastWatchMs > WATCH_MS + LATE_WATCH_MS;
    this.#lastWatchMs = nowMs;
    if (this.#isPaused) return;
    // We were asleep: what is on its way gets the time to come in.
    if (isLate) this.#lastDataMs = Math.max(this.#lastDataMs, nowMs - this.#options.timeouts.quietMs);
    // What lies in the socket unread is read before silence is believed.
    if (this.#silence() !== undefined) setImmediate(() => setImmediate(() => this.#believe()));
  }

  #believe(): void {
    const silence = this.#silence();
    if (this.#isOver || silence === undefined) return;
    if (silence.event === 'quiet') this.#step('quiet', '');
    else this.end('silent', silence.reason);
  }

  #silence():
    | { readonly event: ConnectionEvent & ('quiet' | 'silent'); readonly reason: string }
    | undefined {
    const { handshakeMs, firstMessageMs, quietMs, silentMs } = this.#options.timeouts;
    const silentForMs = this.#options.clock.monotonicMs() - this.#lastDataMs;
    if (this.#state === 'connecting') {
      if (silentForMs <= handshakeMs) return undefined;
      return { event: 'silent', reason: 'the exchange did not answer the handshake in time' };
    }
    if (this.#state === 'subscribed')
      return silentForMs > firstMessageMs ? { event: 'silent', reason: this.#silenceReason } : undefined;
    if (!isHearing(this.#state)) return undefined;
    if (silentForMs > silentMs)
      return { event: 'silent', reason: `no message for ${durationText(silentForMs)}` };
    return silentForMs > quietMs ? { event: 'quiet', reason: '' } : undefined;
  }

  async #refused(response: IncomingMessage): Promise<void> {
    const { hostLimits, url } = this.#options;
    const status = response.statusCode ?? 0;
    const retryAfter = response.headers['retry-after'];
    // The gate closes at once; the body, which may be slow, can only keep it closed for longer.
    const closed = hostLimits.refused(url, { status, retryAfter, body: '' });
    const body = await refusalBody(response);
    await closed;
    const refusal = await hostLimits.refused(url, { status, retryAfter, body });
    this.end(
      'gone',
      refusal?.message ?? `the handshake was refused with ${status}: check ${this.#options.spec.setting}`,
    );
  }

  #step(event: ConnectionEvent, reason: string): void {
    const next = nextState(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    const { connection, emit } = this.#options;
    emit({ type: 'state', connection, state: next, reason });
  }
}
