import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { TradeRepair } from '../../src/services/trades/trade-repair.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import { BINANCE_TRADE_HISTORY } from '../../src/sources/binance/trade-history.ts';
import { BINANCE } from '../../src/sources/binance/venue.ts';
import type { SpoolEvent, SpoolRecord } from '../../src/spool/segments/record.ts';
import { httpServer, reply } from '../support/http-server.ts';
import { eventually, temporaryFolder } from '../support/program.ts';

/** Runs a thousand times as fast: the other socket, and pauses between requests, are waited for. */
const clock = { ...createSystemClock(), monotonicMs: () => performance.now() * 1000 };

const trade = (id: number) => ({ a: id, p: '1.5', q: '2', f: id, l: id, T: Date.now(), m: true });
const frame = (id: number) =>
  Buffer.from(
    JSON.stringify({
      stream: 'adausdt@aggTrade',
      data: { e: 'aggTrade', E: Date.now(), s: 'ADAUSDT', ...trade(id) },
    }),
  );

async function repairIn(folder: string, url: string) {
  const addresses = Object.fromEntries(BINANCE.settings.map(({ env }) => [env, url]));
  const network = await openVenueNetwork(BINANCE, { addresses, spool: folder, clock, apiKey: undefined });
  onTestFinished(() => network.rest.close());
  const events: SpoolEvent[] = [];
  const records: SpoolRecord[] = [];
  const repair = new TradeRepair({
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
  expect(await readFile(join(folder, 'trade-ids.json'), 'utf8')).toBe('{"spot:ADAUSDT":8}\n');
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
