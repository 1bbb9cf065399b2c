import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { TableBatch } from '../../src/ingest/rows/table-batch.ts';
import { appendBatch } from '../../src/ingest/write/append-batch.ts';
import { openLakeTable } from '../../src/lake/open-lake-table.ts';
import { TRADES_TABLE } from '../../src/lake/tables/trades.ts';
import { dayText } from '../../src/lake/timeframe.ts';
import { TradeRepair } from '../../src/services/trades/trade-repair.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import { BINANCE_TRADE_HISTORY } from '../../src/sources/binance/trade-history.ts';
import { BINANCE } from '../../src/sources/binance/venue.ts';
import type { SpoolEvent, SpoolRecord } from '../../src/spool/segments/record.ts';
import { httpServer, reply } from '../support/http-server.ts';
import { eventually, temporaryFolder } from '../support/program.ts';

/** Runs a thousand times as fast: the other socket, and pauses between requests, are waited for. */
const clock = { ...createSystemClock(), monotonicMs: () => performance.now() * 1000 };

const dayBefore = (days: number) => dayText(clock.nowUs() - days * 86_400_000_000);

const trade = (id: number) => ({ a: id, p: '1.5', q: '2', f: id, l: id, T: Date.now(), m: true });
const frame = (id: number) =>
  Buffer.from(
    JSON.stringify({
      stream: 'adausdt@aggTrade',
      data: { e: 'aggTrade', E: Date.now(), s: 'ADAUSDT', ...trade(id) },
    }),
  );

async function repairIn(folder: string, url: string, { lake = folder, leftover = 0 } = {}) {
  const addresses = Object.fromEntries(BINANCE.settings.map(({ env }) => [env, url]));
  const network = await openVenueNetwork(BINANCE, { addresses, spool: folder, clock, apiKey: undefined });
  onTestFinished(() => network.rest.close());
  const events: SpoolEvent[] = [];
  const records: SpoolRecord[] = [];
  const repair = new TradeRepair({
    lake,
    leftover,
    folder,
    clock,
    log: pino({ level: 'silent' }),
    network,
    history: BINANCE_TRADE_HISTORY,
    append: async (record) => void records.push(record),
    event: (_, event) => events.push(event),
  });
  return { repair, events, records };
}

it('what is missing since the last run is asked for by its id, and what nobody tells is one row of coverage', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'trade-ids.json'), '{"spot:ADAUSDT":10}');
  const known = [10, 11, 12].map(trade);
  // The exchange has no 13 and no 14: it answers with what comes after them.
  const server = await httpServer((request, response, number) => {
    const fromId = Number(new URL(request.url ?? '', 'http://x').searchParams.get('fromId'));
    const trades = [...known, trade(15)].filter(({ a }) => a >= fromId);
    reply(200, JSON.stringify(trades))(request, response, number);
  });
  const { repair, events, records } = await repairIn(folder, server.url);
  const stopping = new AbortController();
  const running = repair.run(stopping.signal);
  repair.frame('spot/ws-1', frame(15));
  await eventually('it is given up', () => events.length > 0, 20_000);
  repair.frame('spot/ws-1', frame(16));
  stopping.abort();
  await running;
  expect(events).toEqual([
    expect.objectContaining({
      type: 'poll_failed',
      market: 'spot',
      missed: 2,
      reason: 'trades 13 to 14 of spot:ADAUSDT are missing at the exchange',
    }),
  ]);
  expect(server.requests[0]?.url).toContain('fromId=10');
  // Each answer is stored: ids tell rows that came before.
  expect(records.length).toBe(server.requests.length);
});

it('knows the first id of a symbol before its trade is recorded: a kill right after it hides nothing', async () => {
  const folder = await temporaryFolder();
  const { repair } = await repairIn(folder, 'http://127.0.0.1:9');
  repair.frame('spot/ws-1', frame(7));
  expect(await readFile(join(folder, 'trade-ids.json'), 'utf8')).toBe(
    '{"spot:ADAUSDT":{"first":7,"next":8}}\n',
  );
});

it.each([
  ['a ban', 418],
  ['an address that is gone for a while', 404],
])(
  'what cannot be asked for now is not missing: %s is waited out',
  async (_, status) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'trade-ids.json'), '{"spot:ADAUSDT":10}');
    let isAway = true;
    const server = await httpServer((request, response, number) => {
      if (isAway) return reply(status, '{"code":-1003}', { 'retry-after': '1' })(request, response, number);
      reply(200, JSON.stringify([10, 11, 12, 13, 14].map(trade)))(request, response, number);
    });
    const { repair, events, records } = await repairIn(folder, server.url);
    const stopping = new AbortController();
    const running = repair.run(stopping.signal);
    repair.frame('spot/ws-1', frame(15));
    // Many times as long as it would take to give up by answers that lack them.
    const sinceMs = clock.monotonicMs();
    await eventually('a long time', () => clock.monotonicMs() - sinceMs > 4_000_000, 30_000);
    expect(events).toEqual([]);
    isAway = false;
    await eventually('it is closed', () => records.length > 0, 20_000);
    stopping.abort();
    await running;
    expect(events).toEqual([]);
    expect(await readFile(join(folder, 'trade-ids.json'), 'utf8')).toBe('{"spot:ADAUSDT":16}\n');
  },
  60_000,
);

/** As a backfill, or an earlier run, stored them. */
async function storeTrades(
  lake: string,
  symbol: string,
  date: string,
  ids: readonly number[],
): Promise<void> {
  const batch = new TableBatch(TRADES_TABLE);
  const timeUs = Date.parse(date) * 1000;
  const row = { venue: 'binance', market: 'spot', symbol, price: 1.5, quantity: 2, is_buyer_maker: 1 };
  const times = { trade_time: timeUs, received_at: timeUs };
  for (const id of ids)
    batch.add(timeUs, {
      ...row,
      ...times,
      trade_id: id,
      first_trade_id: id,
      last_trade_id: id,
      origin: 'rest',
      connection: 'rest',
    });
  await appendBatch(await openLakeTable(lake, TRADES_TABLE), batch, undefined);
}

it.each([
  ['is missing, as after a backfill', undefined],
  ['is damaged', '{"spot:ADA'],
])(
  'where the file of ids %s, trades go on where the table ends, and its gaps are closed',
  async (_, kept) => {
    const folder = await temporaryFolder();
    const lake = join(folder, 'lake');
    if (kept !== undefined) await writeFile(join(folder, 'trade-ids.json'), kept);
    await storeTrades(lake, 'ADAUSDT', dayBefore(3), [1, 2]);
    await storeTrades(lake, 'ADAUSDT', dayBefore(1), [13, 14]);
    await storeTrades(lake, 'ADAUSDT', dayBefore(1), [11, 10]);
    await storeTrades(lake, 'BTCUSDT', dayBefore(0), [17, 18]);
    const asked: number[] = [];
    const server = await httpServer((request, response, number) => {
      const from = Number(new URL(request.url ?? '', 'http://x').searchParams.get('fromId'));
      asked.push(from);
      reply(200, JSON.stringify([from, from + 1].map(trade)))(request, response, number);
    });
    const { repair, events } = await repairIn(folder, server.url, { lake, leftover: 1 });
    const stopping = new AbortController();
    const running = repair.run(stopping.signal);
    repair.frame('spot/ws-1', frame(20));
    const text = () => readFile(join(folder, 'trade-ids.json'), 'utf8');
    // The table lacks what an earlier run left: it is not asked, nor is it forgotten that it was not.
    await eventually(
      'it is kept',
      async () => (await text()) === '{"spot:ADAUSDT":{"first":20,"next":21}}\n',
    );
    repair.closed(8);
    repair.stored(7);
    await eventually('it is closed', async () => (await text()) === '{"spot:ADAUSDT":21}\n', 20_000);
    stopping.abort();
    await running;
    expect(asked).toEqual([12, 15, 17, 19]);
    expect(events).toEqual([]);
  },
);

it('a symbol of which the table has nothing, or only what is days old, begins with its first trade', async () => {
  const folder = await temporaryFolder();
  const lake = join(folder, 'lake');
  await storeTrades(lake, 'BTCUSDT', dayBefore(0), [3, 4]);
  await storeTrades(lake, 'ADAUSDT', dayBefore(3), [1, 2]);
  const { repair, records } = await repairIn(folder, 'http://127.0.0.1:9', { lake });
  const stopping = new AbortController();
  const running = repair.run(stopping.signal);
  repair.frame('spot/ws-1', frame(7));
  const text = () => readFile(join(folder, 'trade-ids.json'), 'utf8');
  await eventually('the table was asked', async () => (await text()) === '{"spot:ADAUSDT":8}\n', 20_000);
  stopping.abort();
  await running;
  expect(records).toEqual([]);
});
