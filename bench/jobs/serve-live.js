import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { WebSocket } from 'ws';
import { liveSocketPath, PublishSocket } from '../../dist/live/publish-socket.js';
import { barExchange } from '../bar-exchange.js';
import { until } from '../listen.js';
import { PROGRAM } from '../measure.js';
import { freePort, stopped } from '../served.js';
import { quantile } from '../statistics.js';

const SUBSCRIBERS = 500;
const A_SECOND = 20;

/** `/ws` with a message for all from the live socket of a collector, and a closed bar from the exchange through a real collector. */
export default {
  title: `${SUBSCRIBERS} subscribers of one channel, ${A_SECOND} messages a second; and closed bars of 20 symbols, all at once, through a collector`,
  note: 'From the write of the collector (for bars: of the exchange) to each subscriber, which are all in one process; the peer gets the same text by its standard input and broadcasts it',
  goals: { 'fan-out p99, ms': '≤ 30', 'bar closed to pushed p99, ms': '≤ 50' },
  rounds: 1,
  async ours({ folder, smoke }) {
    const fan = await ourFanOut(join(folder, 'l'), smoke);
    const bars = await barsPushed(join(folder, 'b'), smoke);
    return { ...fan, ...bars };
  },
  peers: {
    websockets: async ({ python, here, smoke }) => {
      const port = await freePort();
      const child = spawn(python, [join(here, 'peers', 'fan_out.py'), String(port)], {
        stdio: ['pipe', 'inherit', 'inherit'],
      });
      try {
        const send = (id) =>
          child.stdin.write(
            `{"type":"update","channel":"liquidations","seq":${id},"data":${JSON.stringify({ ...ROW, quantity: id })}}\n`,
          );
        return await fanOut(`ws://127.0.0.1:${port}`, send, smoke);
      } finally {
        await stopped(child);
      }
    },
  },
};

/** As long as ours. */
const ROW = {
  venue: 'binance',
  market: 'usdm',
  symbol: 'BTCUSDT',
  side: 'SELL',
  order_type: 'LIMIT',
  time_in_force: 'IOC',
  price: 9910.5,
  average_price: 9910.5,
  order_status: 'FILLED',
  last_filled_quantity: 0.014,
  filled_quantity: 0.014,
  trade_time: '2026-11-28T10:00:00.000000Z',
  event_time: '2026-11-28T10:00:00.000000Z',
  received_at: '2026-11-28T10:00:00.000000Z',
};

async function ourFanOut(lake, smoke) {
  const spool = join(lake, '_spool');
  mkdirSync(spool, { recursive: true });
  const live = new PublishSocket(liveSocketPath(spool, 'liquidations'), pino({ level: 'silent' }));
  await live.open();
  const port = await freePort();
  const server = spawn(process.execPath, [PROGRAM, 'serve', '--lake', lake, '--port', String(port)], {
    stdio: 'ignore',
  });
  try {
    return await fanOut(
      `ws://127.0.0.1:${port}/ws`,
      (id) => live.frame('liquidations', 'ws-1', forceOrder(id), Date.now() * 1000),
      smoke,
    );
  } finally {
    await stopped(server);
    await live.close();
  }
}

function forceOrder(id) {
  const at = Date.now();
  const order = {
    s: 'BTCUSDT',
    S: 'SELL',
    o: 'LIMIT',
    f: 'IOC',
    q: String(id),
    p: '9910.5',
    ap: '9910.5',
    X: 'FILLED',
    l: '0.014',
    z: '0.014',
    T: at,
  };
  return Buffer.from(
    JSON.stringify({ stream: '!forceOrder@arr', data: { e: 'forceOrder', E: at, o: order } }),
  );
}

async function fanOut(address, send, smoke) {
  const [count, seconds] = smoke ? [20, 1] : [SUBSCRIBERS, 10];
  const sentMs = new Map();
  const times = [];
  const sockets = [];
  const connect = () =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(address);
      socket.on('open', () => {
        socket.send('{"type":"subscribe","channel":"liquidations"}');
        resolve(socket);
      });
      socket.on('error', reject);
      socket.on('message', (bytes) => {
        const nowMs = performance.now();
        const { type, data } = JSON.parse(bytes);
        if (type === 'update') times.push(nowMs - sentMs.get(Number(data.quantity)));
      });
    });
  await until(
    () =>
      connect()
        .then((socket) => sockets.push(socket))
        .catch(() => false),
    20_000,
    'the server',
    50,
  );
  while (sockets.length < count) sockets.push(await connect());
  const tell = (id) => {
    sentMs.set(id, performance.now());
    send(id);
  };
  // The first ones find nobody listening yet.
  for (let id = 1; times.length < count; id++) {
    if (id > 100) throw new Error('no message reaches the subscribers');
    tell(id);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  times.length = 0;
  const total = seconds * A_SECOND;
  await new Promise((resolve) => {
    let id = 1000;
    const timer = setInterval(() => {
      tell(id++);
      if (id < 1000 + total) return;
      clearInterval(timer);
      resolve();
    }, 1000 / A_SECOND);
  });
  await until(() => times.length >= total * count, 10_000, 'all messages');
  for (const socket of sockets) socket.terminate();
  return { 'fan-out p50, ms': quantile(times, 0.5), 'fan-out p99, ms': quantile(times, 0.99) };
}

async function barsPushed(lake, smoke) {
  const exchange = await barExchange({ closeMs: 1000, tellsClosed: true });
  const names = Array.from({ length: 20 }, (_, index) => `B${index}USDT`);
  const env = {
    ...process.env,
    BINANCE_SPOT_WS_URL: `${exchange.url}/spot`,
    BINANCE_FUTURES_WS_URL: exchange.url,
    CRYPTO_LAKE_UPKEEP: 'off',
    CRYPTO_LAKE_FLUSH: '1s',
    LOG_LEVEL: 'error',
  };
  const port = await freePort();
  const collector = spawn(
    process.execPath,
    [PROGRAM, 'bars', '--quiet', '--lake', lake, '--symbols', names.join(',')],
    { env, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const server = spawn(process.execPath, [PROGRAM, 'serve', '--lake', lake, '--port', String(port)], {
    stdio: 'ignore',
  });
  const times = [];
  let socket;
  try {
    const connect = () =>
      new Promise((resolve, reject) => {
        socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
        socket.on('open', () => resolve(true));
        socket.on('error', reject);
      });
    await until(() => connect().catch(() => false), 20_000, 'the server', 50);
    socket.on('message', (bytes) => {
      const nowMs = Date.now();
      const { type, data } = JSON.parse(bytes);
      if (type !== 'update' || data.closed === false) return;
      const closedMs = exchange.closedMs.get(`${data.symbol} ${Date.parse(data.open_time)}`);
      if (closedMs !== undefined) times.push(nowMs - closedMs);
    });
    const subscribe = () => {
      for (const symbol of names)
        socket.send(JSON.stringify({ type: 'subscribe', channel: 'bars', symbol, timeframe: '1m' }));
    };
    subscribe();
    await until(
      () => {
        if (times.length === 0) subscribe();
        return times.length > 0;
      },
      20_000,
      'a closed bar',
      1000,
    );
    times.length = 0;
    await new Promise((resolve) => setTimeout(resolve, smoke ? 2000 : 15_000));
  } finally {
    socket?.terminate();
    await stopped(server);
    await stopped(collector);
    await exchange.close();
  }
  return {
    'bar closed to pushed p50, ms': quantile(times, 0.5),
    'bar closed to pushed p99, ms': quantile(times, 0.99),
    'bars pushed': times.length,
  };
}
