/** The WebSocket side: takes connections on the exchange's routes, answers control frames, and sends what is published. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { ForcedOrder } from '../market/forced-order.ts';
import { ClientSocket } from './client-socket.ts';
import { answerControl } from './control-frames.ts';
import { OrderDelivery, type OrderDeliveryOptions } from './order-delivery.ts';
import { parseStreamRoute, type StreamRoute } from './stream-route.ts';

/** Control frames, pings and pongs that a client may send in a second. */
const MAX_MESSAGES_PER_SECOND = 10;
const MAX_MESSAGE_BYTES = 64 * 1024;
/** How long a client may take to answer a ping before it is cut off. */
const PONG_TIMEOUT_MS = 10 * 60_000;

export interface StreamServerOptions extends OrderDeliveryOptions {
  readonly pingIntervalMs: number;
  /** A connection lives no longer: 24 hours at the real exchange. */
  readonly maxConnectionAgeMs: number;
  /** A connection opened, or its subscriptions changed. */
  readonly onSubscribed: (client: ClientSocket) => void;
}

interface Connection {
  readonly client: ClientSocket;
  readonly delivery: OrderDelivery;
}

export class StreamServer {
  readonly #options: StreamServerOptions;
  readonly #webSocketServer = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  readonly #connections = new Map<number, Connection>();
  #lastId = 0;

  constructor(options: StreamServerOptions) {
    this.#options = options;
  }

  /** Open connections, oldest first. */
  get clients(): readonly ClientSocket[] {
    return [...this.#connections.values()].map(({ client }) => client);
  }

  get connectionsSoFar(): number {
    return this.#lastId;
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const url = request.url ?? '/';
    const route = parseStreamRoute(url);
    if (route === undefined) {
      stream.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    this.#webSocketServer.handleUpgrade(request, stream, head, (webSocket) => {
      // An HTTP server without TLS hands over plain sockets.
      this.#adopt(webSocket, stream as Socket, route, url);
    });
  }

  publishOrder(order: ForcedOrder, eventTimeMs: number): void {
    for (const { delivery } of this.#connections.values()) delivery.offer(order, eventTimeMs);
  }

  offerTo(client: ClientSocket, order: ForcedOrder, eventTimeMs: number): void {
    this.#connections.get(client.id)?.delivery.offer(order, eventTimeMs);
  }

  /** Sends a text as it stands to everyone who listens to liquidations, or to the stream that its envelope names. */
  publishText(text: string): void {
    const [, stream] = /^\{"stream":"([^"]+)"/.exec(text) ?? [];
    for (const { client, delivery } of this.#connections.values()) {
      const isNamed = stream !== undefined && client.carries(stream);
      if (delivery.isFed || isNamed) client.send(text);
    }
  }

  isFed(client: ClientSocket): boolean {
    return this.#connections.get(client.id)?.delivery.isFed ?? false;
  }

  /** Brings every connection in line with the faults that hold now. */
  applyFaults(): void {
    const { faults } = this.#options;
    for (const { client, delivery } of this.#connections.values()) {
      if (faults.on('half-open', client.id)) client.freeze();
      else client.thaw();
      if (!faults.on('out-of-order', client.id)) delivery.release();
      this.#noteFed(client, delivery);
    }
  }

  /** Waits until all that was sent to the client has arrived. @returns whether it said so in time */
  confirm(client: ClientSocket, timeoutMs: number): Promise<boolean> {
    return client.ping(this.#options.truth.progress(client.id), timeoutMs);
  }

  /** Says goodbye to everyone and waits until they are gone, at most `graceMs`. */
  async close(graceMs: number): Promise<void> {
    const gone = this.clients.map(
      (client) => new Promise<void>((resolve) => client.webSocket.once('close', resolve)),
    );
    for (const client of this.clients) {
      client.thaw();
      client.webSocket.close(1001, 'simulator stops');
    }
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([Promise.all(gone), grace]);
    clearTimeout(timer);
    for (const client of this.clients) client.webSocket.terminate();
  }

  #adopt(webSocket: WebSocket, tcp: Socket, route: StreamRoute, url: string): void {
    const { truth, wallMs, pingIntervalMs, maxConnectionAgeMs, faults, onSubscribed } = this.#options;
    const client = new ClientSocket(++this.#lastId, route, webSocket, tcp);
    const delivery = new OrderDelivery(client, this.#options);
    this.#connections.set(client.id, { client, delivery });
    truth.opened(client.id, url, wallMs());
    let lastPongMs = performance.now();
    const pinging = setInterval(() => {
      if (performance.now() - lastPongMs > PONG_TIMEOUT_MS + pingIntervalMs) webSocket.terminate();
      else if (client.isOpen) webSocket.ping(truth.progress(client.id));
    }, pingIntervalMs);
    const ageing = setTimeout(() => webSocket.close(1001, 'connection too old'), maxConnectionAgeMs);
    const admit = messageLimiter();
    webSocket.on('pong', (payload) => {
      lastPongMs = performance.now();
      truth.confirm(client.id, payload.toString(), wallMs());
    });
    webSocket.on('message', (data: RawData) => {
      if (!admit()) {
        webSocket.close(1008, 'Too many requests');
        return;
      }
      client.send(answerControl(data.toString(), client.subscriptions));
      this.#noteFed(client, delivery);
      onSubscribed(client);
    });
    webSocket.on('error', () => webSocket.terminate());
    webSocket.on('close', () => {
      clearInterval(pinging);
      clearTimeout(ageing);
      this.#connections.delete(client.id);
      truth.closed(client.id, wallMs());
    });
    if (faults.on('half-open', client.id)) client.freeze();
    this.#noteFed(client, delivery);
    onSubscribed(client);
  }

  #noteFed(client: ClientSocket, delivery: OrderDelivery): void {
    this.#options.truth.fed(client.id, delivery.isFed, this.#options.wallMs());
  }
}

function messageLimiter(): () => boolean {
  let windowStartMs = 0;
  let count = 0;
  return () => {
    const nowMs = performance.now();
    if (nowMs - windowStartMs >= 1000) {
      windowStartMs = nowMs;
      count = 0;
    }
    return ++count <= MAX_MESSAGES_PER_SECOND;
  };
}
