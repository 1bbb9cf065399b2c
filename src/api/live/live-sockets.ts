/** `/ws`: subscriptions over WebSocket. A login comes as the first message or as a subprotocol, never in the address. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { LakeError } from '../../base/errors.ts';
import { followChannel } from '../../live/follow-channel.ts';
import { type Hub, parseSubscription } from '../../live/hub.ts';
import { LiveReader, READER_LIMITS, type ReaderLimits } from '../../live/live-reader.ts';
import type { LakeReader } from '../../questions/lake-reader.ts';
import { RateLimiter } from '../auth/rate-limiter.ts';
import { refused, type Tokens } from '../auth/tokens.ts';
import { isOwnHost } from '../guard-hosts.ts';
import { problemOf } from '../problem.ts';

export interface LiveSocketOptions {
  readonly hub: Hub;
  readonly reader: LakeReader;
  /** Undefined where no login is needed. */
  readonly tokens: Tokens | undefined;
  readonly hosts: ReadonlySet<string> | undefined;
  readonly origins: readonly string[];
  readonly limits?: ReaderLimits;
}

export interface LiveSocketCounts {
  clients: number;
  subscriptions: number;
  sent: number;
  dropped: number;
  closedSlow: number;
}

const PATHS = new Set(['/ws', '/ws/subscribe']);
const PROTOCOL = 'crypto-lake';
const TOKEN_PROTOCOL = 'bearer.';
const MAX_CLIENTS = 2000;
const MAX_SUBSCRIPTIONS = 200;
const MAX_MESSAGE_BYTES = 16 * 1024;
const MESSAGES_PER_MINUTE = 600;
const LOGIN_MS = 10_000;
const PING_MS = 30_000;
const CHECK_MS = 250;
const SLOW = 1013;
const POLICY = 1008;

export class LiveSockets {
  readonly #options: LiveSocketOptions;
  readonly #server: WebSocketServer;
  readonly #clients = new Map<WebSocket, LiveReader>();
  readonly #alive = new WeakSet<WebSocket>();
  readonly #timers: readonly NodeJS.Timeout[];
  readonly counts: LiveSocketCounts = { clients: 0, subscriptions: 0, sent: 0, dropped: 0, closedSlow: 0 };

  constructor(options: LiveSocketOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
    });
    this.#timers = [
      setInterval(() => this.#ping(), PING_MS).unref(),
      setInterval(() => this.#check(), CHECK_MS).unref(),
    ];
  }

  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      const status = this.#refusal(request);
      if (status !== undefined) {
        socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      this.#server.handleUpgrade(request, socket, head, (client) => this.#admit(client, request));
    });
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const client of this.#clients.keys()) client.close(1001, 'the server stops');
    for (const client of this.#clients.keys()) setTimeout(() => client.terminate(), 500).unref();
    this.#server.close();
  }

  #refusal({ url = '', headers }: IncomingMessage): string | undefined {
    const { hosts, origins } = this.#options;
    if (!PATHS.has(url.split('?', 1)[0] ?? '')) return '404 Not Found';
    if (hosts !== undefined && !isOwnHost(headers.host, hosts)) return '421 Misdirected Request';
    // A page of another origin could use what this browser may.
    const { origin, host } = headers;
    if (origin !== undefined && originHost(origin) !== host && !origins.includes(origin))
      return '403 Forbidden';
    return this.#clients.size >= MAX_CLIENTS ? '503 Service Unavailable' : undefined;
  }

  #admit(client: WebSocket, { headers }: IncomingMessage): void {
    const { tokens, limits = READER_LIMITS } = this.#options;
    const { counts } = this;
    const reader = new LiveReader(
      {
        bufferedBytes: () => client.bufferedAmount,
        send: (text) => client.send(text),
        close: (reason) => {
          counts.closedSlow++;
          client.close(SLOW, reason);
          // Who takes nothing takes no goodbye either.
          setTimeout(() => client.terminate(), 1000).unref();
        },
      },
      limits,
    );
    this.#clients.set(client, reader);
    this.#alive.add(client);
    counts.clients++;
    const session = new LiveSession(client, reader, this.#options, counts);
    if (tokens === undefined) session.isLoggedIn = true;
    else {
      const offered = String(headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
      const token = offered.find((name) => name.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
      if (token !== undefined) void session.handle(JSON.stringify({ type: 'auth', token }));
      setTimeout(() => {
        if (!session.isLoggedIn) client.close(POLICY, 'no login');
      }, LOGIN_MS).unref();
    }
    client.on('pong', () => this.#alive.add(client));
    client.on('error', () => client.terminate());
    client.on('message', (data, isBinary) => void session.handle(isBinary ? '' : String(data)));
    client.on('close', () => {
      session.end();
      this.#clients.delete(client);
      counts.clients--;
      counts.sent += reader.sent;
      counts.dropped += reader.dropped;
    });
  }

  #ping(): void {
    for (const client of this.#clients.keys()) {
      if (!this.#alive.has(client)) client.terminate();
      this.#alive.delete(client);
      client.ping();
    }
  }

  #check(): void {
    for (const reader of this.#clients.values()) reader.check();
  }
}

class LiveSession {
  readonly #client: WebSocket;
  readonly #reader: LiveReader;
  readonly #options: LiveSocketOptions;
  readonly #counts: LiveSocketCounts;
  readonly #limiter = new RateLimiter(MESSAGES_PER_MINUTE);
  /** What ends each subscription; undefined while it begins. */
  readonly #subscriptions = new Map<string, (() => void) | undefined>();
  /** Messages are handled one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #isEnded = false;
  isLoggedIn = false;

  constructor(client: WebSocket, reader: LiveReader, options: LiveSocketOptions, counts: LiveSocketCounts) {
    this.#client = client;
    this.#reader = reader;
    this.#options = options;
    this.#counts = counts;
  }

  handle(text: string): Promise<void> {
    if (this.#limiter.take('') !== undefined) {
      this.#client.close(POLICY, 'too many messages');
      return Promise.resolve();
    }
    this.#turn = this.#turn
      .then(() => this.#handle(text))
      .catch((error: unknown) => {
        const { code, hint, detail } = problemOf(error);
        this.#send({ type: 'error', code, detail, hint, ...askedFor(text) });
      });
    return this.#turn;
  }

  end(): void {
    this.#isEnded = true;
    for (const stop of this.#subscriptions.values()) stop?.();
    this.#counts.subscriptions -= this.#subscriptions.size;
    this.#subscriptions.clear();
  }

  async #handle(text: string): Promise<void> {
    if (this.#isEnded) return;
    const message = parse(text);
    if (message.type === 'ping') return this.#send({ type: 'pong' });
    if (message.type === 'auth') return this.#login(message);
    if (!this.isLoggedIn) throw refused('the first message must be `auth`');
    if (message.type === 'subscribe') return this.#subscribe(message);
    if (message.type === 'unsubscribe') return this.#unsubscribe(message);
    throw new LakeError('USAGE', 'there is no such message', {
      hint: 'send `auth`, `subscribe`, `unsubscribe` or `ping`',
    });
  }

  async #login({ token }: Message): Promise<void> {
    const { tokens } = this.#options;
    if (tokens !== undefined) {
      await tokens.verify(String(token)).catch((error: unknown) => {
        this.#client.close(POLICY, 'no login');
        throw error;
      });
    }
    this.isLoggedIn = true;
    this.#send({ type: 'authenticated' });
  }

  async #subscribe(message: Message): Promise<void> {
    const { hub, reader } = this.#options;
    const subscription = parseSubscription(message);
    const channel = hub.channel(subscription);
    this.#subscriptions.get(channel.name)?.();
    if (!this.#subscriptions.has(channel.name)) {
      if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS)
        throw new LakeError('TOO_LARGE', 'too many subscriptions', {
          hint: `at most ${MAX_SUBSCRIPTIONS} on one socket`,
        });
      this.#subscriptions.set(channel.name, undefined);
      this.#counts.subscriptions++;
    }
    try {
      const stop = await followChannel({
        reader,
        hub,
        channel,
        subscription,
        sinceSeq: typeof message.since_seq === 'number' ? message.since_seq : undefined,
        send: (text) => this.#client.send(text),
        deliver: (update) => this.#reader.deliver(channel.name, update),
      });
      if (this.#isEnded) stop();
      else this.#subscriptions.set(channel.name, stop);
    } catch (error) {
      if (this.#subscriptions.delete(channel.name)) this.#counts.subscriptions--;
      throw error;
    }
  }

  #unsubscribe(message: Message): void {
    const { name, facts } = this.#options.hub.channel(parseSubscription(message));
    this.#subscriptions.get(name)?.();
    if (this.#subscriptions.delete(name)) this.#counts.subscriptions--;
    this.#send({ type: 'unsubscribed', ...facts });
  }

  #send(message: object): void {
    if (this.#client.readyState === this.#client.OPEN) this.#client.send(JSON.stringify(message));
  }
}

/** What an error is about, where many subscriptions were sent at once. */
function askedFor(text: string): Readonly<Record<string, string>> {
  try {
    const { channel, symbol, timeframe } = parse(text);
    const named = Object.entries({ channel, symbol, timeframe });
    return Object.fromEntries(
      named.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
}

type Message = Readonly<Record<string, unknown>>;

function parse(text: string): Message {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message === 'object' && message !== null) return message as Message;
  } catch {
    // Handled below.
  }
  throw new LakeError('USAGE', 'a message must be a JSON object', { hint: 'for example `{"type": "ping"}`' });
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
