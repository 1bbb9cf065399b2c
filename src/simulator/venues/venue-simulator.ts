/** A venue on a port of its own on loopback: REST, WebSocket, its liquidations at a steady rate, and its faults. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { LakeError } from '../../base/errors.ts';
import { createSeededRandom } from '../../base/seeded-random.ts';
import { type DeliveredOrder, DeliveryRecord } from './delivery-record.ts';
import type { VenueFault, VenueMessage, VenueOrder, VenueProtocol } from './venue-protocol.ts';

export interface VenueSimulatorOptions {
  readonly protocol: VenueProtocol;
  /** 0, the default: any free port. */
  readonly port?: number;
  readonly seed?: number;
  /** Messages with orders; 0 sends none but those of `liquidate`. Default 1. */
  readonly messagesPerSecond?: number;
  readonly canaryIntervalMs?: number;
  /** Default 20,000. A pong confirms what had been sent. */
  readonly pingIntervalMs?: number;
}

export interface VenueSimulator {
  readonly wsUrl: string;
  readonly restUrl: string;
  /** Every order that was sent to someone. */
  orders(): readonly VenueOrder[];
  /** The same, with what has certainly arrived. */
  deliveries(): readonly DeliveredOrder[];
  /** Sends a ping to everyone and waits for the pongs, at most so long: what was sent to who answers is confirmed then. */
  confirm(timeoutMs?: number): Promise<void>;
  /** Topics that anyone has subscribed now, by path. */
  topics(path: string): readonly string[];
  readonly connections: number;
  /** Sends one message with orders now. */
  liquidate(): void;
  /** Sends a text as it stands to everyone. */
  push(text: string): void;
  setFault(fault: VenueFault | undefined): void;
  /** Cuts every connection. */
  cut(): void;
  close(): Promise<void>;
}

interface Client {
  readonly path: string;
  readonly socket: WebSocket;
  readonly topics: Set<string>;
}

const CANARY_MS = 1000;
const PING_MS = 20_000;
const CONFIRM_MS = 2000;

/** @throws LakeError USAGE when the port is taken. */
export async function startVenueSimulator(options: VenueSimulatorOptions): Promise<VenueSimulator> {
  const { protocol, port = 0, seed = 1, messagesPerSecond = 1 } = options;
  const { canaryIntervalMs = CANARY_MS, pingIntervalMs = PING_MS } = options;
  const random = createSeededRandom(seed);
  const clients = new Set<Client>();
  const record = new DeliveryRecord<Client>();
  let fault: VenueFault | undefined;
  let connections = 0;

  const http = createServer((request, response) => answer(request, response));
  const webSockets = new WebSocketServer({ noServer: true });
  const sockets = new Set<Socket>();
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  http.on('upgrade', (request, socket, head) => upgrade(request, socket, head));

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    if (fault === 'refused') {
      response.writeHead(403).end('<html>403 Forbidden</html>');
      return;
    }
    const body = protocol.answer(pathname, searchParams, Date.now());
    response
      .writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
      .end(body ?? '{}');
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    if (fault === 'refused' || !protocol.paths.includes(pathname)) {
      socket.end(`HTTP/1.1 ${fault === 'refused' ? 403 : 404} X\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (accepted) => admit(pathname, accepted));
  }

  function admit(path: string, socket: WebSocket): void {
    connections++;
    const client: Client = { path, socket, topics: new Set() };
    clients.add(client);
    socket.on('error', () => undefined);
    socket.on('close', () => clients.delete(client));
    socket.on('pong', (progress) => record.confirm(client, progress.toString(), Date.now()));
    socket.on('message', (data) => {
      if (fault === 'deaf') return;
      const { replies, subscribed, unsubscribed } = protocol.control(String(data));
      for (const topic of subscribed) client.topics.add(topic);
      for (const topic of unsubscribed) client.topics.delete(topic);
      for (const reply of replies) socket.send(reply);
    });
  }

  function publish({ path, topic, text }: VenueMessage): readonly Client[] {
    const takers = [...clients].filter((client) => client.path === path && client.topics.has(topic));
    for (const { socket } of takers) socket.send(text);
    return takers;
  }

  function ping(): void {
    for (const client of clients)
      if (client.socket.readyState === client.socket.OPEN) client.socket.ping(record.progress(client));
  }

  function liquidate(): void {
    if (fault !== undefined) return;
    const { message, orders } = protocol.liquidate(random, Date.now());
    record.sent(publish(message), orders);
  }

  await new Promise<void>((resolve, reject) => {
    http.once('error', (cause) =>
      reject(
        new LakeError('USAGE', `cannot listen on 127.0.0.1:${port}`, { hint: 'choose another port', cause }),
      ),
    );
    http.listen(port, '127.0.0.1', resolve);
  });
  const ticking = setInterval(() => {
    if (fault === undefined || fault === 'liquidations-silent') protocol.tick(Date.now()).forEach(publish);
  }, canaryIntervalMs);
  const trading = messagesPerSecond > 0 ? setInterval(liquidate, 1000 / messagesPerSecond) : undefined;
  const pinging = setInterval(ping, pingIntervalMs);
  const address = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    wsUrl: `ws://${address}`,
    restUrl: `http://${address}`,
    orders: () => record.orders.map(({ order }) => order),
    deliveries: () => record.orders,
    confirm: async (timeoutMs = CONFIRM_MS) => {
      const pongs = [...clients].map(
        ({ socket }) =>
          new Promise<void>((resolve) => void socket.once('pong', () => resolve()).once('close', resolve)),
      );
      ping();
      await Promise.race([Promise.all(pongs), sleep(timeoutMs)]);
    },
    topics: (path) => [
      ...new Set([...clients].filter((client) => client.path === path).flatMap(({ topics }) => [...topics])),
    ],
    get connections() {
      return connections;
    },
    liquidate,
    push: (text) => {
      for (const { socket } of clients) socket.send(text);
    },
    setFault: (now) => {
      fault = now;
      if (fault === 'refused') for (const { socket } of clients) socket.terminate();
    },
    cut: () => {
      for (const { socket } of clients) socket.terminate();
    },
    close: async () => {
      clearInterval(ticking);
      clearInterval(trading);
      clearInterval(pinging);
      const closed = new Promise((resolve) => http.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
