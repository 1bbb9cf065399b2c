/** A WebSocket server for a test that does exactly as it is asked, and a feed's options with short times. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Clock, createSystemClock } from '../../src/base/clock.ts';
import { HostLimits } from '../../src/network/http/host-limits.ts';
import type { ConnectionPlan, FeedSpec } from '../../src/network/websocket/feed-spec.ts';
import type { FeedTimeouts } from '../../src/network/websocket/feed-timeouts.ts';
import { BINANCE_LIMITS } from '../../src/sources/binance/limits.ts';
import { sourceOf } from '../../src/sources/registry.ts';

export const CANARY_FRAME = '{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","s":"BTCUSDT"}}';
export const LIQUIDATION_FRAME =
  '{"stream":"!forceOrder@arr","data":{"e":"forceOrder","E":1,"o":{"s":"BTCUSDT"}}}';

export function liquidationSpec(): FeedSpec {
  const { feed } = sourceOf('liquidations');
  if (feed === undefined) throw new Error('liquidations have no feed');
  return feed;
}

/** What `liquidations` listens to at this address. */
export function liquidationPlan(url: string): ConnectionPlan {
  const [plan] = liquidationSpec().plan({ BINANCE_FUTURES_WS_URL: url }, {});
  if (plan === undefined) throw new Error('there is no plan');
  return plan;
}

export const SHORT: FeedTimeouts = {
  handshakeMs: 1000,
  firstMessageMs: 700,
  quietMs: 300,
  silentMs: 600,
  maxBackOffMs: 100,
  overlapMs: 150,
};

export interface FeedServer {
  readonly url: string;
  readonly host: string;
  /** Every WebSocket that was ever accepted, the oldest first. */
  readonly sockets: WebSocket[];
  /** URLs of all upgrade requests, refused ones too. */
  readonly upgrades: string[];
  /** Sends the canary this often on each connection; 0 stops. */
  tickEvery(ms: number): void;
  /** Connections that get no canary. */
  readonly silenced: Set<WebSocket>;
  /** Answers upgrades by itself instead of accepting them. */
  refuse(answer: ((socket: Duplex) => void) | undefined): void;
  broadcast(text: string): void;
  open(): WebSocket[];
}

/** Closed when the test ends. Ticks each 40 ms until asked otherwise. */
export async function feedServer(onConnection?: (socket: WebSocket) => void): Promise<FeedServer> {
  const http = createServer((_: IncomingMessage, response: ServerResponse) => response.writeHead(404).end());
  const webSockets = new WebSocketServer({ noServer: true });
  const sockets: WebSocket[] = [];
  const upgrades: string[] = [];
  const silenced = new Set<WebSocket>();
  let refusal: ((socket: Duplex) => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  http.on('upgrade', (request, socket, head) => {
    upgrades.push(request.url ?? '');
    socket.on('error', () => undefined);
    if (refusal) return refusal(socket);
    webSockets.handleUpgrade(request, socket, head, (accepted) => {
      sockets.push(accepted);
      accepted.on('error', () => undefined);
      onConnection?.(accepted);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const open = () => sockets.filter(({ readyState }) => readyState === 1);
  const tickEvery = (ms: number) => {
    clearInterval(timer);
    if (ms === 0) return;
    timer = setInterval(() => {
      for (const socket of open()) if (!silenced.has(socket)) socket.send(CANARY_FRAME);
    }, ms);
  };
  tickEvery(40);
  onTestFinished(() => {
    clearInterval(timer);
    for (const socket of sockets) socket.terminate();
    http.closeAllConnections();
    http.close();
  });
  const host = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    url: `ws://${host}`,
    host,
    sockets,
    upgrades,
    silenced,
    tickEvery,
    refuse: (answer) => {
      refusal = answer;
    },
    broadcast: (text) => {
      for (const socket of open()) socket.send(text);
    },
    open,
  };
}

/** A raw HTTP answer to an upgrade request. */
export function httpAnswer(status: number, headers: Readonly<Record<string, string>>, body: string) {
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) });
  const head = [`HTTP/1.1 ${status} X`, ...lines.map(([name, value]) => `${name}: ${value}`)].join('\r\n');
  return (socket: Duplex) => socket.end(`${head}\r\n\r\n${body}`);
}

export function noBans() {
  return { read: async () => ({}), save: async () => undefined };
}

export function openHostLimits(): Promise<HostLimits> {
  return HostLimits.open({ store: noBans(), clock: createSystemClock(), limits: BINANCE_LIMITS });
}

/** A clock whose monotonic time can be moved on. */
export function bendableClock(): Clock & { skip(ms: number): void } {
  const clock = createSystemClock();
  let skippedMs = 0;
  return {
    nowUs: () => clock.nowUs() + skippedMs * 1000,
    monotonicMs: () => clock.monotonicMs() + skippedMs,
    skip: (ms) => {
      skippedMs += ms;
    },
  };
}
