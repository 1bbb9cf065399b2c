import { expect, it, onTestFinished, vi } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { dotenvExample, settingsTable } from '../../src/config/describe-settings.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { venueRoutes } from '../../src/doctor/routes/venue-routes.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import { chosenVenues } from '../../src/sources/chosen-venues.ts';
import { sourceOf } from '../../src/sources/registry.ts';
import { runInProcess } from '../support/in-process.ts';
import { MADE_UP } from '../support/made-up-venue.ts';
import { temporaryFolder } from '../support/program.ts';

/** The one line that a new venue adds to a file that is there. */
vi.mock('../../src/sources/registry.ts', async (original) => {
  const registry = await original<typeof import('../../src/sources/registry.ts')>();
  const { MADE_UP: added } = await import('../support/made-up-venue.ts');
  const venues = [...registry.VENUES, added];
  return {
    VENUES: venues,
    sourceOf: (id: string, among = venues) => registry.sourceOf(id, among),
  };
});

const ADDRESS = 'ws://127.0.0.1:9';

it('a venue of the registry has its settings, their documentation, its name and its source everywhere', () => {
  const { config } = loadConfig({ flags: {}, env: { MADE_UP_WS_URL: ADDRESS }, dotenvPath: '/none' });
  expect(config.addresses.MADE_UP_WS_URL).toBe(ADDRESS);
  expect(dotenvExample()).toContain('\n# made up\n#MADE_UP_WS_URL=wss://made.up\n');
  expect(settingsTable()).toContain('| `MADE_UP_WS_URL` | `wss://made.up` | made up |');
  expect(chosenVenues(['all'])).toContain(MADE_UP);
  expect(() => chosenVenues(['other'])).toThrow('there is no venue `other`');
  expect(sourceOf('liquidations-made-up')).toBe(MADE_UP.sources[0]);
});

it('commands show and check it without a word of their own about it', async () => {
  const spool = await temporaryFolder();
  const { stdout } = await runInProcess(spool, ['config', '--json']);
  expect(JSON.parse(stdout.toString())).toContainEqual({
    setting: 'MADE_UP_WS_URL',
    value: 'wss://made.up',
    origin: 'default',
    meaning: 'made up',
  });
  const clock = createSystemClock();
  const addresses = { MADE_UP_WS_URL: ADDRESS };
  const network = await openVenueNetwork(MADE_UP, { addresses, spool, clock, apiKey: undefined });
  onTestFinished(() => network.rest.close());
  expect(venueRoutes(network, clock).map(({ name }) => name)).toContain('made-up stream');
});
