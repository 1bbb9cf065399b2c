import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import Schema from 'typebox/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveSocketPath, PublishSocket } from '../../src/live/publish-socket.ts';
import { type ApiServer, apiServer } from '../support/api-server.ts';
import { type LiveMessage, liveClient } from '../support/live-client.ts';
import { eventually } from '../support/program.ts';
import { addServedRows, servedLake } from '../support/served-lake.ts';

const HOUR_MS = 3_600_000;
const SUBSCRIPTIONS = [
  { channel: 'bars', symbol: 'BTCUSDT', timeframe: '1m' },
  { channel: 'bars', symbol: 'BTCUSDT', timeframe: '1h' },
  { channel: 'tickers', symbol: 'BTCUSDT' },
  { channel: 'tickers' },
  { channel: 'liquidations', symbol: 'BTCUSDT' },
  { channel: 'liquidations' },
  { channel: 'indicators', symbol: 'BTCUSDT', timeframe: '1m' },
  { channel: 'coverage' },
  { channel: 'quality' },
] as const;

let lake: string;
let api: ApiServer;
let collector: PublishSocket;
let schemas: Readonly<Record<string, Shape>>;
const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly { readonly $ref: string }[];
}

beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-contract-'));
  await servedLake(lake, today);
  const spool = join(lake, '_spool');
  await mkdir(spool);
  collector = new PublishSocket(liveSocketPath(spool, 'both'), pino({ level: 'silent' }));
  await collector.open();
  api = await apiServer(lake);
  const document: unknown = await api.json('/openapi.json');
  ({ schemas } = (document as { components: { schemas: typeof schemas } }).components);
});

afterAll(async () => {
  await api.close();
  await collector.close();
  await rm(lake, { recursive: true, force: true });
});

const KINDS: Readonly<Record<string, string>> = {
  error: 'LiveError',
  authenticated: 'LiveAuthenticated',
  pong: 'LivePong',
  unsubscribed: 'LiveUnsubscribed',
};

function schemaOf({ type, channel = '' }: LiveMessage): string {
  const name = channel.charAt(0).toUpperCase() + channel.slice(1);
  return KINDS[type] ?? `Live${name}${type === 'snapshot' ? 'Snapshot' : 'Update'}`;
}

/** Also that a row has nothing that its schema does not name. */
function expectToFit(message: LiveMessage): void {
  const name = schemaOf(message);
  const schema = schemas[name] ?? {};
  expect(Object.keys(schemas)).toContain(name);
  expect([name, Schema.Check(schema as never, message) ? 'fits' : message]).toEqual([name, 'fits']);
  const { data } = schema.properties ?? {};
  const rows = Array.isArray(message.data) ? message.data : [message.data ?? {}];
  for (const row of rows) {
    const named = Object.keys((data?.items ?? data)?.properties ?? {});
    expect([name, Object.keys(row as object).filter((column) => !named.includes(column))]).toEqual([
      name,
      [],
    ]);
  }
}

/** A closed minute, a forming one, and an order, as a collector hands them on. */
function publish(round: number): void {
  const frame = (source: string, connection: string, stream: string, data: object) =>
    collector.frame(source, connection, Buffer.from(JSON.stringify({ stream, data })), Date.now() * 1000);
  const closed = today + 86_400_000 - (round + 1) * 60_000;
  for (const t of [closed, today + 86_400_000]) {
    const k = {
      ...{ t, T: t + 59_999, s: 'BTCUSDT', i: '1m', f: 1, L: 2, n: 2, x: t === closed },
      ...{ o: '1', c: '5', h: '9', l: '1', v: '5', q: '9', V: '2', Q: '4' },
    };
    frame('bars', 'spot/ws-1', 'btcusdt@kline_1m', { e: 'kline', E: t, s: 'BTCUSDT', k });
  }
  order(`${round + 1}`);
}

function order(quantity: string): void {
  const o = {
    ...{ s: 'BTCUSDT', S: 'SELL', o: 'LIMIT', f: 'IOC', q: quantity, p: '100', ap: '99' },
    ...{ X: 'FILLED', l: '1', z: '1', T: Date.now() },
  };
  const data = { e: 'forceOrder', E: Date.now(), o };
  const text = Buffer.from(JSON.stringify({ stream: '!forceOrder@arr', data }));
  collector.frame('liquidations', 'ws-1', text, Date.now() * 1000);
}

describe('every message of every channel', () => {
  it('fits its schema in /openapi.json: snapshots, updates from a collector and from the log', async () => {
    const client = await liveClient(api.url);
    for (const subscription of SUBSCRIPTIONS) client.send({ type: 'subscribe', ...subscription });
    await eventually('all snapshots', () =>
      SUBSCRIPTIONS.every((subscription) =>
        client.messages.some((message) => isOf(message, 'snapshot', subscription)),
      ),
    );
    const committed = [
      'bar_corrections',
      'bars_rollup',
      'prices',
      'liquidation',
      'indicators',
      'coverage',
      'quality',
    ];
    let round = 0;
    await eventually('an update of each', async () => {
      publish(round);
      // The rows of another time of the day: the log is watched only while somebody listens.
      if (round % 10 === 1)
        for (const table of committed)
          await addServedRows(lake, table, today + HOUR_MS * (6 + (round % 12)), `more-${round}.parquet`);
      round++;
      return SUBSCRIPTIONS.every((subscription) =>
        client.messages.some((message) => isOf(message, 'update', subscription)),
      );
    });
    const rows = (fits: (row: Record<string, unknown>) => boolean) =>
      client.messages.filter(({ type, data }) => type === 'update' && fits(data as Record<string, unknown>));
    await eventually('a bar that forms', () => rows(({ closed }) => closed === false).length > 0);
    await eventually('a corrected bar', () => rows(({ revision }) => revision === 1).length > 0);
    for (const message of client.messages) expectToFit(message);
    for (const subscription of SUBSCRIPTIONS) {
      const snapshot = client.messages.find((message) => isOf(message, 'snapshot', subscription));
      const isEmpty = (snapshot?.data as unknown[] | undefined)?.length === 0;
      expect([subscription, isEmpty]).toEqual([subscription, false]);
    }
  }, 60_000);

  it('also errors and what answers a request', async () => {
    const client = await liveClient(api.url);
    client.send({ type: 'auth', token: 'of no use here' });
    client.send({ type: 'subscribe', channel: 'liquidations' });
    client.send({ type: 'unsubscribe', channel: 'liquidations' });
    client.send({ type: 'subscribe', channel: 'bars', symbol: 'NOSUCH' });
    client.send({ type: 'fly' });
    client.send({ type: 'ping' });
    await client.next('the last answer', ({ type }) => type === 'pong');
    for (const message of client.messages) expectToFit(message);
    expect(client.messages.map(({ type }) => type)).toEqual([
      'authenticated',
      'snapshot',
      'unsubscribed',
      'error',
      'error',
      'pong',
    ]);
  });

  it.each(SUBSCRIPTIONS)('and the events of $channel $symbol $timeframe', async (subscription) => {
    const stop = new AbortController();
    const response = await fetch(`${api.url}/events?${new URLSearchParams(subscription)}`, {
      signal: stop.signal,
    });
    let text = '';
    for await (const piece of response.body ?? []) {
      text += Buffer.from(piece).toString();
      if (text.endsWith('\n\n')) break;
    }
    stop.abort();
    const [id, ...data] = text.trimEnd().split('\n');
    const message = JSON.parse(data.map((line) => line.slice('data: '.length)).join('\n')) as LiveMessage;
    expect(id).toBe(`id: ${message.seq}`);
    expect(message.type).toBe('snapshot');
    expectToFit(message);
  });

  it.each([{ channel: 'bars', symbol: 'BTCUSDT', timeframe: '1m' }, { channel: 'liquidations' }])(
    'and the events that come to $channel after the snapshot',
    async (subscription) => {
      const stop = new AbortController();
      const response = await fetch(`${api.url}/events?${new URLSearchParams(subscription)}`, {
        signal: stop.signal,
      });
      let round = 1000;
      const publishing = setInterval(() => publish(round++ % 1400), 50);
      const messages: LiveMessage[] = [];
      let rest = '';
      try {
        for await (const piece of response.body ?? []) {
          const events = `${rest}${Buffer.from(piece).toString()}`.split('\n\n');
          rest = events.pop() ?? '';
          for (const event of events.filter((text) => text.startsWith('id: '))) {
            const [id, ...data] = event.split('\n');
            const message = JSON.parse(
              data.map((line) => line.slice('data: '.length)).join(''),
            ) as LiveMessage;
            expect(id).toBe(`id: ${message.seq}`);
            messages.push(message);
          }
          if (messages.length > 5) break;
        }
      } finally {
        clearInterval(publishing);
        stop.abort();
      }
      for (const message of messages) expectToFit(message);
      const [snapshot, ...updates] = messages;
      expect(snapshot?.type).toBe('snapshot');
      expect(updates.map(({ type, seq }) => [type, seq])).toEqual(
        updates.map((_, index) => ['update', (snapshot?.seq ?? 0) + 1 + index]),
      );
    },
  );

  it('holds nobody up for one that does not read, who is closed', async () => {
    const [slow, quick] = [await liveClient(api.url), await liveClient(api.url)];
    for (const client of [slow, quick]) {
      client.send({ type: 'subscribe', channel: 'liquidations' });
      await client.next('a snapshot', ({ type }) => type === 'snapshot');
    }
    slow.socket.pause();
    const updates = () => quick.messages.filter(({ type }) => type === 'update');
    let sent = 0;
    // More than what the system's buffers and the server's together take.
    for (; sent < 40_000; sent += 1000) {
      for (let i = 0; i < 1000; i++) order(`${sent + i + 1}`);
      await eventually('all orders', () => updates().length >= sent + 1000);
    }
    const seqs = updates().map(({ seq }) => Number(seq));
    expect(seqs.every((seq, index) => index === 0 || seq === Number(seqs[index - 1]) + 1)).toBe(true);
    slow.socket.resume();
    // Who reads nothing for a second more does not see the code, but the end.
    expect([1013, 1006]).toContain(await slow.closed);
    expect(slow.messages.length).toBeLessThan(sent);
  }, 60_000);

  it('and there is a schema for no more than that', () => {
    const live = Object.keys(schemas).filter((name) => name.startsWith('Live'));
    const kinds = ['LiveMessage', 'LiveRequest'].flatMap((name) => [
      name,
      ...(schemas[name]?.anyOf ?? []).map(({ $ref }) => $ref.replace('#/components/schemas/', '')),
    ]);
    expect(live.toSorted()).toEqual(kinds.toSorted());
  });
});

function isOf(message: LiveMessage, type: string, subscription: Readonly<Record<string, string>>): boolean {
  const facts = ['channel', 'symbol', 'timeframe'];
  return message.type === type && facts.every((name) => message[name] === subscription[name]);
}
