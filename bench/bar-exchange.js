/**
 * An exchange of klines in a thread of its own: forming bars of each stream each 2 s on spot and each 250 ms on futures, and
 * the closed bars of another minute each `closeMs`. Its minutes are ahead of the clock, so that nobody waits for them.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { WebSocketServer } from 'ws';

const TICK_MS = 250;
const SPOT_TICKS = 8;
const CANARY_TICKS = 4;
const MINUTE_MS = 60_000;

/** @returns its address, the rate of its frames so far, and `close`. */
export async function barExchange(options) {
  const worker = new Worker(new URL(import.meta.url), { workerData: options });
  let framesPerSecond = 0;
  const url = await new Promise((resolve, reject) => {
    worker.on('message', (message) => {
      if (typeof message === 'number') framesPerSecond = message;
      else resolve(message);
    });
    worker.once('error', reject);
  });
  return { url, framesPerSecond: () => framesPerSecond, close: () => worker.terminate() };
}

if (!isMainThread) {
  const { closeMs } = workerData;
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  server.once('listening', () => parentPort.postMessage(`ws://127.0.0.1:${server.address().port}`));
  const clients = [];
  server.on('connection', (socket, { url }) => {
    const [canary, ...streams] = new URL(url, 'ws://x').searchParams.get('streams').split('/');
    clients.push({ socket, isSpot: url.startsWith('/spot'), canary, streams });
  });
  const firstMs = Date.now() - (Date.now() % MINUTE_MS) + 10 * MINUTE_MS;
  const startedMs = performance.now();
  let [ticks, frames, closed] = [0, 0, 0];
  setInterval(() => {
    ticks++;
    const isClosing = performance.now() - startedMs > (closed + 1) * closeMs;
    const openMs = firstMs + closed * MINUTE_MS;
    for (const { socket, isSpot, canary, streams } of clients) {
      if (ticks % CANARY_TICKS === 0)
        socket.send(JSON.stringify({ stream: canary, data: { e: 'markPriceUpdate' } }));
      // Spread over the ticks, as the exchange spreads them.
      for (const [index, stream] of streams.entries()) {
        const isDue = !isSpot || (index + ticks) % SPOT_TICKS === 0;
        if (isClosing) socket.send(frameOf(stream, openMs, true));
        if (isDue) socket.send(frameOf(stream, openMs + (isClosing ? MINUTE_MS : 0), false));
        frames += Number(isDue) + Number(isClosing);
      }
    }
    if (isClosing) closed++;
    if (ticks % 20 === 0)
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
