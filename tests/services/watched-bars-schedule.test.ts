import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { MINUTE_US } from '../../src/bars/bar.ts';
import { minuteOf } from '../../src/bars/plan-holes.ts';
import { createSystemClock } from '../../src/base/clock.ts';
import { readDue } from '../../src/services/bars/due-minutes.ts';
import { WatchList } from '../../src/services/bars/watch-list.ts';
import { WatchedBarsSchedule } from '../../src/services/bars/watched-bars-schedule.ts';
import { createStatus } from '../../src/services/collector-status.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import { sourceOf } from '../../src/sources/registry.ts';
import { YAHOO } from '../../src/sources/yahoo/venue.ts';
import type { SpoolEvent } from '../../src/spool/segments/record.ts';
import { spoolFolder } from '../../src/spool/state/spool-folder.ts';
import { httpServer, reply } from '../support/http-server.ts';
import { eventually, temporaryFolder } from '../support/program.ts';

const DAY_US = 1440 * MINUTE_US;
const NO_BARS =
  '{"chart":{"result":[{"meta":{"symbol":"AAPL"},"timestamp":[],"indicators":{"quote":[{}]}}]}}';

it('bars that the venue no longer tells after a standstill are a hole with its reason, and a warning', async () => {
  const server = await httpServer(reply(200, NO_BARS));
  const lake = await temporaryFolder();
  const spool = join(lake, '_spool');
  const clock = createSystemClock();
  const addresses = Object.fromEntries(YAHOO.settings.map(({ env }) => [env, server.url]));
  const network = await openVenueNetwork(YAHOO, { addresses, spool, clock, apiKey: undefined });
  onTestFinished(() => network.rest.close());
  const source = sourceOf('bars-yahoo');
  const folder = spoolFolder(spool, source.id);
  const owedUs = minuteOf(clock.nowUs()) - 40 * DAY_US;
  await mkdir(folder, { recursive: true });
  const owed = { checkedUs: owedUs, openHoles: [], rereadUs: {} };
  await writeFile(join(folder, 'due.json'), JSON.stringify({ 'stocks:AAPL': owed }));
  const said: string[] = [];
  const schedule = new WatchedBarsSchedule({
    ...{ source, network, lake, spool, clock, rereadAfterMs: [] },
    log: pino({}, { write: (line: string) => void said.push(line) }),
    watchList: new WatchList({ fixed: [{ venue: 'yahoo', market: 'stocks', symbol: 'AAPL' }] }),
  });
  const events: SpoolEvent[] = [];
  const stopping = new AbortController();
  const running = schedule.run(
    { append: async () => undefined, event: (_, event) => void events.push(event) },
    createStatus(source, clock.nowUs()),
    stopping.signal,
  );
  const isAsked = async () => ((await readDue(folder)).get('stocks:AAPL')?.askedUs ?? 0) > owedUs;
  await eventually('it was asked', isAsked, 20_000);
  stopping.abort();
  await running;
  const reason = expect.stringContaining('bars of yahoo:AAPL from ');
  expect(events).toEqual([
    expect.objectContaining({ type: 'poll_failed', market: 'stocks', scheduledAtUs: owedUs, reason }),
  ]);
  const [lost] = events as Extract<SpoolEvent, { type: 'poll_failed' }>[];
  const lostDays = ((lost?.endedAtUs ?? 0) - owedUs) / DAY_US;
  expect(lostDays).toBeCloseTo(11, 1);
  expect(lost?.missed).toBe(lostDays * 1440);
  expect(said.join()).toContain('can no longer be had');
});
