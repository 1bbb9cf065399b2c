/**
 * An exchange of klines in a thread of its own: forming bars of each stream each 2 s on spot and each 250 ms on futures, and
 * the closed bars of another minute each `closeMs`, within a quarter of a second; symbols are spread over that time, as an
 * exchange spreads them. Its minutes are ahead of the clock, so that nobody waits for them.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { WebSocketServer } from 'ws';

const TICK_MS = 25;
const FUTURES_TICKS = 10;
const SPOT_TICKS = 80;
const CANARY_TICKS = 40;
const MINUTE_MS = 60_000;

/** @returns its address, the rate of its frames so far, with `tellsClosed` when each bar was closed, and `close`. */
export async function barExchange(options) {
  const worker = new Worker(new URL(import.meta.url), { workerData: options });
  let framesPerSecond = 0;
  const closedMs = new Map();
  const noteClosed = ({ stream, openMs, atMs }) => {
    const key = `${stream.split('@')[0].toUpperCase()} ${openMs}`;
    // The first of two sockets counts.
    if (!closedMs.has(key)) closedMs.set(key, atMs);
  };
  const url = await new Promise((resolve, reject) => {
    worker.on('message', (message) => {
      if (typeof message === 'number') framesPerSecond = message;
      else if (typeof message === 'object') noteClosed(message);
      else resolve(message);
    });
    worker.once('error', reject);
  });
  return { url, framesPerSecond: () => framesPerSecond, closedMs, close: () => worker.terminate() };
}

if (!isMainThread) {
  const { closeMs, tellsClosed } = workerData;
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  server.once('listening', () => parentPort.postMessage(`ws://127.0.0.1:${server.address().port}`));
  const clients = [];
  server.on('connection', (socket, { url }) => {
    const [canary, ...streams] = new URL(url, 'ws://x').searchParams.get('streams').split('/');
    clients.push({ socket, isSpot: url.startsWith('/spot'), canary, streams });
  });
  const firstMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS + 10 * MINUTE_MS;
  const startedMs = performance.now();
  let [ticks, frames, closed, closingTicks] = [0, 0, 0, 0];
  setInterval(() => {
    ticks++;
    if (closingTicks === 0 && performance.now() - startedMs > (closed + 1) * closeMs)
      closingTicks = FUTURES_TICKS;
    const openMs = firstMs + closed * MINUTE_MS;
    for (const { socket, isSpot, canary, streams } of clients) {
      if (ticks % CANARY_TICKS === 0)
        socket.send(JSON.stringify({ stream: canary, data: { e: 'markPriceUpdate' } }));
      for (const [index, stream] of streams.entries()) {
        const isDue = (index + ticks) % (isSpot ? SPOT_TICKS : FUTURES_TICKS) === 0;
        const isClosing = closingTicks > 0 && (index + ticks) % FUTURES_TICKS === 0;
        if (isClosing) socket.send(frameOf(stream, openMs, true));
        if (isClosing && tellsClosed) parentPort.postMessage({ stream, openMs, atMs: Date.now() });
        if (isDue) socket.send(frameOf(stream, openMs + (isClosing ? MINUTE_MS : 0), false));
        frames += Number(isDue) + Number(isClosing);
      }
    }
    if (closingTicks > 0 && --closingTicks === 0) closed++;
    if (ticks % 200 === 0)
      parentPort.postMessage(Math.round((frames / (performance.now() - startedMs)) * 1000));
  }, TICK_MS);
}

function frameOf(stream, t, x) {
  const s = stream.slice(0, stream.indexOf('@')).toUpperCase();
  const values = { o: '97000.01000000', c: '97001.02000000', h: '97010.00000000', l: '96990.00000000' };
  const sums = {
    v: '12.34500000',
    n: 60,
    q: '1197500.12000000',
    V: '6.00000000',
    Q: '582000.06000000',
    B: '0',
  };
  const id = (t / MINUTE_MS) * 60;
  const k = { t, T: t + MINUTE_MS - 1, s, i: '1m', f: id, L: id + 59, ...values, ...sums, x };
  return JSON.stringify({ stream, data: { e: 'kline', E: Date.now(), s, k } });
}
