import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { SegmentCommitter } from '../../src/ingest/commit/segment-committer.ts';
import { StreamCollector } from '../../src/services/stream-collector.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import type { VenueProtocol } from '../../src/simulator/venues/venue-protocol.ts';
import { startVenueSimulator } from '../../src/simulator/venues/venue-simulator.ts';
import { chosenVenues } from '../../src/sources/chosen-venues.ts';
import { VENUES } from '../../src/sources/registry.ts';
import type { Source } from '../../src/sources/source.ts';
import { MADE_UP } from '../support/made-up-venue.ts';
import { eventually, query, temporaryFolder } from '../support/program.ts';

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
    source: MADE_UP.sources[0] as Source,
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
