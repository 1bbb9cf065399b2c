import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { SegmentCommitter } from '../../src/ingest/commit/segment-committer.ts';
import { LIQUIDATION_TABLE } from '../../src/lake/tables/liquidation.ts';
import { StreamCollector } from '../../src/services/stream-collector.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import type { VenueProtocol } from '../../src/simulator/venues/venue-protocol.ts';
import { startVenueSimulator } from '../../src/simulator/venues/venue-simulator.ts';
import { chosenVenues } from '../../src/sources/chosen-venues.ts';
import { addLiquidation, LIQUIDATION_DEDUP } from '../../src/sources/liquidation.ts';
import { recordText } from '../../src/sources/record-text.ts';
import { VENUES } from '../../src/sources/registry.ts';
import type { Source } from '../../src/sources/source.ts';
import type { Venue } from '../../src/sources/venue.ts';
import { eventually, query, temporaryFolder } from '../support/program.ts';

/** All that a new venue's folder would hold. */
const SOURCE: Source = {
  id: 'liquidations-made-up',
  venue: 'made-up',
  command: 'liquidations',
  coverageSource: 'liquidation',
  tables: [LIQUIDATION_TABLE],
  completeness: { isSample: false, note: 'all of them' },
  dedup: LIQUIDATION_DEDUP,
  feed: {
    stream: 'forced',
    dataName: 'liquidations',
    routeName: 'made-up stream',
    setting: 'MADE_UP_WS_URL',
    plan: (addresses) => [{ group: '', url: `${addresses.MADE_UP_WS_URL}/all`, topics: ['forced', 'tick'] }],
    markets: () => ['perp'],
    classify: (frame) => {
      const text = frame.toString();
      if (text.startsWith('ok ')) return 'ack';
      return text === 'tick' ? 'tick' : 'data';
    },
    subscription: {
      subscribe: (topics) => topics.map((topic) => ({ text: `+${topic}`, acks: 1 })),
      unsubscribe: (topics) => topics.map((topic) => ({ text: `-${topic}`, acks: 1 })),
      pauseMs: 1,
    },
    isSilenceUnproven: true,
  },
  decode(record, _facts, rows) {
    const text = recordText(record);
    if (text === 'tick') return rows.heard(null);
    const [symbol = '', price, quantity, time] = text.split(' ');
    if (time === undefined) return rows.quarantine('too short', text, 'perp');
    const order = {
      market: 'perp',
      symbol,
      side: 'SELL',
      orderType: null,
      timeInForce: null,
      status: null,
      price: Number(price),
      averagePrice: null,
      quantity: Number(quantity),
      lastFilledQuantity: null,
      filledQuantity: null,
      tradeTimeUs: Number(time) * 1000,
      eventTimeUs: null,
    } as const;
    addLiquidation(rows, record, 'made-up', order, () => ({ contractSize: null, notional: 1 }));
  },
};

const MADE_UP: Venue = {
  name: 'made-up',
  title: 'Made up',
  settings: [{ env: 'MADE_UP_WS_URL', kind: 'wsUrl', fallback: 'wss://made.up', description: 'made up' }],
  limits: {
    settings: 'MADE_UP_…_URL',
    pool: ({ host }) => ({ name: host, limit: 100 }),
    isBanForAllHosts: true,
  },
  serverTime: { url: () => 'http://127.0.0.1:1/time', weight: 1, parse: () => undefined },
  routes: [],
  sources: [SOURCE],
};

let sent = 0;
const PROTOCOL: VenueProtocol = {
  paths: ['/all'],
  answer: () => undefined,
  control: (text) => ({
    replies: [`ok ${text}`],
    subscribed: text.startsWith('+') ? [text.slice(1)] : [],
    unsubscribed: [],
  }),
  liquidate: (_random, nowMs) => ({
    message: {
      path: '/all',
      topic: 'forced',
      text: sent++ % 5 === 3 ? 'short' : `X${sent} 1.5 ${sent} ${nowMs}`,
    },
    orders: [],
  }),
  tick: () => [{ path: '/all', topic: 'tick', text: 'tick' }],
};

it('a venue that nobody knew is collected, stored and proven by its own object and a line of the registry', async () => {
  const venues = [...VENUES, MADE_UP];
  expect(chosenVenues(['made-up'], venues)).toEqual([MADE_UP]);
  const simulator = await startVenueSimulator({
    protocol: PROTOCOL,
    messagesPerSecond: 50,
    canaryIntervalMs: 50,
  });
  onTestFinished(() => simulator.close());
  const lake = await temporaryFolder();
  const spool = join(lake, '_spool');
  const clock = createSystemClock();
  const addresses = { MADE_UP_WS_URL: simulator.wsUrl };
  const network = await openVenueNetwork(MADE_UP, { addresses, spool, clock, apiKey: 'secret' });
  onTestFinished(() => network.rest.close());
  const collector = new StreamCollector({
    source: SOURCE,
    network,
    lake,
    spool,
    ingest: new SegmentCommitter(clock, venues),
    clock,
    log: pino({ level: 'silent' }),
    flushMs: 500,
    duplicateWindowMs: 60_000,
    sockets: 2,
    unprovenAfterMs: 60_000,
  });
  const stopping = new AbortController();
  const running = collector.run(stopping.signal);
  await eventually('rows are stored', () => (collector.status.rows.liquidation ?? 0) > 20);
  stopping.abort();
  await running;
  const [row] = await query(
    lake,
    "SELECT count(*)::INT AS n, count(DISTINCT symbol)::INT AS symbols, any_value(market) AS market FROM liquidation WHERE venue = 'made-up'",
  );
  expect(row).toMatchObject({ n: row?.symbols, market: 'perp' });
  expect(await query(lake, 'SELECT DISTINCT venue, market, reason, raw FROM quarantine')).toEqual([
    { venue: 'made-up', market: 'perp', reason: 'too short', raw: 'short' },
  ]);
  const [heard] = await query(
    lake,
    "SELECT DISTINCT venue, market, stream FROM coverage WHERE state = 'listening'",
  );
  expect(heard).toEqual({ venue: 'made-up', market: 'perp', stream: 'forced' });
});
