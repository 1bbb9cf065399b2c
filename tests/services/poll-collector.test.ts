import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { IntervalSchedule } from '../../src/services/interval-schedule.ts';
import { PollCollector } from '../../src/services/poll-collector.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import { BINANCE } from '../../src/sources/binance/venue.ts';
import { sourceOf } from '../../src/sources/registry.ts';
import type { SpoolEvent } from '../../src/spool/segments/record.ts';
import { segmentPath } from '../../src/spool/segments/segment-file.ts';
import { spoolFolder } from '../../src/spool/state/spool-folder.ts';
import { bendableClock } from '../support/feed-server.ts';
import { httpServer, reply } from '../support/http-server.ts';
import { eventually, temporaryFolder } from '../support/program.ts';
import { contentOf } from '../support/spool-records.ts';

const INTERVAL_MS = 200;

it('polls that never ran, because the machine slept, are recorded as missed and never made up', async () => {
  const server = await httpServer(reply(200, '[]'));
  const lake = await temporaryFolder();
  const clock = bendableClock();
  const addresses = Object.fromEntries(BINANCE.settings.map(({ env }) => [env, server.url]));
  const spool = join(lake, '_spool');
  const network = await openVenueNetwork(BINANCE, { addresses, spool, clock, apiKey: undefined });
  onTestFinished(() => network.rest.close());
  const options = {
    source: sourceOf('prices'),
    network,
    lake,
    spool,
    clock,
    log: pino({ level: 'silent' }),
  };
  const schedule = new IntervalSchedule({
    ...options,
    selection: { quotes: ['USDT'], symbols: [] },
    intervalMs: INTERVAL_MS,
  });
  const service = new PollCollector({
    ...options,
    schedule,
    // Tables that take nothing: the segment stays, to be looked at.
    ingest: {
      open: async () => 0,
      store: () => Promise.reject(new Error('no')),
    },
    flushMs: 3_600_000,
    duplicateWindowMs: 0,
  });
  const stopping = new AbortController();
  const running = service.run(stopping.signal);
  onTestFinished(() => stopping.abort());
  await eventually('it polls', () => service.status.frames >= 2);
  const asked = server.requests.length;
  clock.skip(50 * INTERVAL_MS);
  await eventually('it polls again', () => service.status.frames >= asked + 2);
  stopping.abort();
  await running;
  expect(server.requests.length).toBeLessThan(asked + 20);
  const { records } = await contentOf(segmentPath(spoolFolder(join(lake, '_spool'), 'prices'), 1));
  const missed = records
    .filter(({ kind }) => kind === 'event')
    .map(({ payload }) => JSON.parse(Buffer.from(payload).toString()) as SpoolEvent)
    .find((event) => event.type === 'poll_failed' && event.missed > 10);
  expect(missed).toMatchObject({ stream: 'ticker/24hr', reason: 'missed' });
  if (missed?.type !== 'poll_failed') return;
  expect(Math.abs(missed.missed - 50)).toBeLessThanOrEqual(2);
  expect(missed.endedAtUs - missed.scheduledAtUs).toBe(missed.missed * INTERVAL_MS * 1000);
});
