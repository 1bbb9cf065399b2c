import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveSocketPath, PublishSocket } from '../../src/live/publish-socket.ts';
import { type ApiServer, apiServer } from '../support/api-server.ts';
import { liveClient } from '../support/live-client.ts';
import { eventually } from '../support/program.ts';
import { addBar, BAR_COUNT, servedLake } from '../support/served-lake.ts';

let lake: string;
let api: ApiServer;
let collector: PublishSocket;

beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-live-'));
  await servedLake(lake);
  const spool = join(lake, '_spool');
  await mkdir(spool);
  collector = new PublishSocket(liveSocketPath(spool, 'both'), pino({ level: 'silent' }));
  await collector.open();
  api = await apiServer(lake);
});

afterAll(async () => {
  await api.close();
  await collector.close();
  await rm(lake, { recursive: true, force: true });
});

const ofNow = () => Math.floor(Date.now() / 60_000) * 60_000;

function kline(symbol: string, close: string, isClosed: boolean, t = ofNow()): void {
  const k = {
    t,
    T: t + 59_999,
    s: symbol,
    i: '1m',
    f: 1,
    L: 2,
    o: '1',
    c: close,
    h: '9',
    l: '1',
    v: '5',
    n: 2,
    x: isClosed,
    q: '9',
    V: '2',
    Q: '4',
  };
  const frame = {
    stream: `${symbol.toLowerCase()}@kline_1m`,
    data: { e: 'kline', E: Date.now(), s: symbol, k },
  };
  collector.frame('bars', 'spot/ws-1', Buffer.from(JSON.stringify(frame)), Date.now() * 1000);
}

function forceOrder(symbol: string, quantity: string): void {
  const o = {
    s: symbol,
    S: 'SELL',
    o: 'LIMIT',
    f: 'IOC',
    q: quantity,
    p: '100',
    ap: '99',
    X: 'FILLED',
    l: quantity,
    z: quantity,
    T: Date.now(),
  };
  const frame = { stream: '!forceOrder@arr', data: { e: 'forceOrder', E: Date.now(), o } };
  collector.frame('liquidations', 'ws-1', Buffer.from(JSON.stringify(frame)), Date.now() * 1000);
}

/** Bars that differ until one of them arrives: the server looks for collectors once a second. */
async function connected(): Promise<void> {
  const client = await liveClient(api.url);
  client.send({ type: 'subscribe', channel: 'liquidations', symbol: 'PROBEUSDT' });
  let quantity = 0;
  await eventually('the collector is read', () => {
    forceOrder('PROBEUSDT', String(++quantity));
    return client.messages.some(({ type }) => type === 'update');
  });
  client.socket.close();
}

describe('the live channels', () => {
  it('begin with a snapshot of pinned versions and go on with closed bars in sequence', async () => {
    await connected();
    const client = await liveClient(api.url);
    client.send({ type: 'subscribe', channel: 'bars', symbol: 'BTCUSDT', timeframe: '1m' });
    const snapshot = await client.next('snapshot', ({ type }) => type === 'snapshot');
    expect(snapshot).toMatchObject({ channel: 'bars', symbol: 'BTCUSDT', data_version: { bars_1m: 1 } });
    expect((snapshot.data as unknown[]).length).toBe(100);
    kline('BTCUSDT', '5', true);
    const update = await client.next('update', ({ type }) => type === 'update');
    expect(update).toMatchObject({
      channel: 'bars',
      seq: Number(snapshot.seq) + 1,
      data: { symbol: 'BTCUSDT', close: 5, closed: true },
    });
  });

  it('give a closed bar once, though two sockets and the log tell it', async () => {
    const client = await liveClient(api.url);
    client.send({ type: 'subscribe', channel: 'bars', symbol: 'ETHUSDT' });
    await client.next('snapshot', ({ type }) => type === 'snapshot');
    kline('ETHUSDT', '7', true);
    kline('ETHUSDT', '7', true);
    forceOrder('ETHUSDT', '3');
    client.send({ type: 'ping' });
    await client.next('pong', ({ type }) => type === 'pong');
    await client.next('update', ({ type }) => type === 'update');
    expect(client.messages.filter(({ type }) => type === 'update')).toHaveLength(1);
  });

  it('give forming bars at most once a second, and over REST when asked for', async () => {
    const client = await liveClient(api.url, '/ws/subscribe');
    client.send({ type: 'subscribe', channel: 'bars', symbol: 'BTCUSDT' });
    await client.next('snapshot', ({ type }) => type === 'snapshot');
    const t = ofNow() + 60_000;
    for (let i = 1; i <= 30; i++) kline('BTCUSDT', String(i), false, t);
    await client.next('forming', ({ data }) => (data as { closed?: boolean })?.closed === false);
    const forming = client.messages.filter(({ data }) => (data as { closed?: boolean })?.closed === false);
    expect(forming).toHaveLength(1);
    expect(forming[0]).toMatchObject({ data: { close: 30 } });
    const { data } = await api.json('/bars/BTCUSDT?limit=2&forming=true');
    expect(data.at(-1)).toMatchObject({ close: 30, closed: false });
    expect(data.at(0)).toMatchObject({ closed: true });
  });

  it('give a longer bar that forms, made of its minutes so far', async () => {
    const t = ofNow() + 60_000;
    kline('BTCUSDT', '31', false, t);
    await eventually('the minute is known', async () => {
      const answer = await api.json('/bars/BTCUSDT?timeframe=1h&limit=3&forming=true');
      return answer.data.at(-1)?.close === 31;
    });
    for (const [timeframe, lengthMs] of [
      ['5m', 300_000],
      ['15m', 900_000],
      ['1h', 3_600_000],
      ['4h', 14_400_000],
      ['1d', 86_400_000],
    ] as const) {
      const { data } = await api.json(`/bars/BTCUSDT?timeframe=${timeframe}&limit=3&forming=true`);
      const open = Math.floor(t / lengthMs) * lengthMs;
      expect(data.at(-1)).toMatchObject({ open: 1, high: 9, low: 1, close: 31, volume: 5, closed: false });
      expect(data.at(-1)).toMatchObject({ symbol: 'BTCUSDT', market: 'spot', timeframe });
      expect(Date.parse(String(data.at(-1)?.open_time))).toBe(open);
      expect(Date.parse(String(data.at(-1)?.close_time))).toBe(open + lengthMs);
      // Those that are stored before it are closed.
      expect(data.slice(0, -1).every(({ closed }) => closed === true)).toBe(true);
      expect(data.length).toBe(timeframe === '1h' ? 3 : 1);
    }
  });

  it('tell what was committed where no collector publishes', async () => {
    const client = await liveClient(api.url);
    client.send({ type: 'subscribe', channel: 'bars', symbol: 'BTCUSDT' });
    await client.next('snapshot', ({ type }) => type === 'snapshot');
    await addBar(lake, BAR_COUNT + 5);
    const update = await client.next('bar', ({ data }) =>
      String((data as { open_time?: string })?.open_time).startsWith('2026-11-20T11:05'),
    );
    expect(update.data).toMatchObject({ completeness: 'proven', closed: true });
  });

  it('go on after a cut with what was missed, or with a snapshot', async () => {
    const first = await liveClient(api.url);
    first.send({ type: 'subscribe', channel: 'liquidations', symbol: 'SOLUSDT' });
    const { seq } = await first.next('snapshot', ({ type }) => type === 'snapshot');
    first.socket.close();
    await first.closed;
    forceOrder('SOLUSDT', '1');
    forceOrder('SOLUSDT', '2');
    const other = await liveClient(api.url);
    other.send({ type: 'subscribe', channel: 'liquidations', symbol: 'SOLUSDT' });
    await eventually('both came', () => Number(other.messages.at(-1)?.seq) >= Number(seq) + 2);
    const second = await liveClient(api.url);
    second.send({ type: 'subscribe', channel: 'liquidations', symbol: 'SOLUSDT', since_seq: seq });
    await eventually('two updates', () => second.messages.length === 2);
    expect(second.messages.map((message) => [message.type, message.seq])).toEqual([
      ['update', Number(seq) + 1],
      ['update', Number(seq) + 2],
    ]);
    const third = await liveClient(api.url);
    third.send({ type: 'subscribe', channel: 'liquidations', symbol: 'SOLUSDT', since_seq: 1 });
    expect((await third.next('anything', () => true)).type).toBe('snapshot');
  });

  it('miss nothing that was committed while nobody read them', async () => {
    const first = await liveClient(api.url);
    const bars = { type: 'subscribe', channel: 'bars', symbol: 'usdm:BTCUSDT' };
    const own = { type: 'subscribe', channel: 'bars', symbol: 'spot:BTCUSDT' };
    first.send(own);
    const { seq } = await first.next('snapshot', ({ type }) => type === 'snapshot');
    first.socket.close();
    await first.closed;
    await addBar(lake, BAR_COUNT + 6);
    const second = await liveClient(api.url);
    second.send({ ...own, since_seq: seq });
    const update = await second.next('the missed bar', ({ type }) => type === 'update');
    expect(update).toMatchObject({
      seq: Number(seq) + 1,
      data: { open_time: '2026-11-20T11:06:00.000000Z' },
    });
    expect(second.messages).toHaveLength(1);
    // A channel that nobody has read begins with a snapshot, whatever number its reader names.
    const third = await liveClient(api.url);
    third.send({ ...bars, since_seq: seq });
    expect((await third.next('anything', () => true)).type).toBe('snapshot');
  });

  it('begin with what is asked for: all tickers, a market’s liquidations, coverage whatever the symbol', async () => {
    const client = await liveClient(api.url);
    const snapshotOf = async (subscription: object) => {
      const count = client.messages.length;
      client.send({ type: 'subscribe', ...subscription });
      const message = await eventually('a snapshot', () => client.messages[count]);
      return message.data as Record<string, unknown>[];
    };
    const tickers = await snapshotOf({ channel: 'tickers' });
    expect(tickers.map(({ symbol, price }) => [symbol, price])).toEqual(
      expect.arrayContaining([
        ['BTCUSDT', 159],
        ['ETHUSDT', 159],
      ]),
    );
    expect((await snapshotOf({ channel: 'liquidations', symbol: 'usdm:BTCUSDT' })).length).toBe(67);
    expect(await snapshotOf({ channel: 'liquidations', symbol: 'coinm:BTCUSDT' })).toEqual([]);
    expect((await snapshotOf({ channel: 'quality', symbol: 'spot:BTCUSDT' })).length).toBe(3);
    expect(await snapshotOf({ channel: 'coverage', symbol: 'BTCUSDT' })).toBeInstanceOf(Array);
  });

  it('end with unsubscribe', async () => {
    const client = await liveClient(api.url);
    client.send({ type: 'subscribe', channel: 'liquidations' });
    await client.next('snapshot', ({ type }) => type === 'snapshot');
    client.send({ type: 'unsubscribe', channel: 'liquidations' });
    await client.next('end', ({ type }) => type === 'unsubscribed');
    forceOrder('XRPUSDT', '1');
    client.send({ type: 'ping' });
    await client.next('pong', ({ type }) => type === 'pong');
    expect(client.messages.filter(({ type }) => type === 'update')).toHaveLength(0);
  });

  it.each([
    ['not JSON', 'USAGE'],
    ['[]', 'USAGE'],
    [{ type: 'subscribe', channel: 'nonsense' }, 'USAGE'],
    [{ type: 'subscribe', channel: 'bars' }, 'USAGE'],
    [{ type: 'subscribe', channel: 'bars', symbol: 'NOSUCH' }, 'SYMBOL_NOT_FOUND'],
    [{ type: 'subscribe', channel: 'bars', symbol: "x' OR 1=1" }, 'USAGE'],
    [{ type: 'subscribe', channel: 'bars', symbol: 'BTCUSDT', timeframe: '7m' }, 'USAGE'],
    [{ type: 'fly' }, 'USAGE'],
  ])('answer %j with an error, and go on', async (message, code) => {
    const client = await liveClient(api.url);
    client.send(message);
    const reported = await client.next('error', ({ type }) => type === 'error');
    expect(reported).toMatchObject({ code, hint: expect.any(String) });
    if (code === 'SYMBOL_NOT_FOUND') expect(reported).toMatchObject({ channel: 'bars', symbol: 'NOSUCH' });
    client.send({ type: 'ping' });
    await client.next('pong', ({ type }) => type === 'pong');
  });

  it('come as server-sent events too', async () => {
    const stop = new AbortController();
    const response = await fetch(`${api.url}/events?channel=bars&symbol=BTCUSDT`, { signal: stop.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.getReader();
    const first = Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(first).toMatch(/^id: \d+\ndata: \{"type":"snapshot","channel":"bars"/);
    stop.abort();
    const bad = await fetch(`${api.url}/events?channel=bars&symbol=NOSUCH`);
    expect(bad.status).toBe(404);
  });

  it('are for pages of this server alone', async () => {
    const refused = await fetch(`${api.url}/ws`, {
      headers: { connection: 'upgrade', upgrade: 'websocket', origin: 'https://evil.example' },
    }).catch((error: unknown) => error);
    expect(refused instanceof Error || (refused as Response).status === 403).toBe(true);
  });
});
