import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { SourceFacts } from '../../src/services/source-facts.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import { BYBIT_INSTRUMENTS } from '../../src/sources/bybit/instruments.ts';
import { BYBIT } from '../../src/sources/bybit/venue.ts';
import type { Source } from '../../src/sources/source.ts';
import { httpServer, reply } from '../support/http-server.ts';
import { eventually, temporaryFolder } from '../support/program.ts';

it('a list that an answer does not hold, or that is empty, is asked for again in seconds and ends no subscription', async () => {
  const folder = await temporaryFolder();
  const list = [{ symbol: 'BTCUSDT', status: 'Trading' }];
  const bodies = [
    { retCode: 10016, retMsg: 'maintenance' },
    // Of both categories.
    { retCode: 0, result: { list: [] } },
    { retCode: 0, result: { list: [] } },
  ];
  const server = await httpServer((request, response, number) => {
    const isAsked = request.url?.includes('instruments-info') === true;
    const body = (isAsked ? bodies.shift() : undefined) ?? { retCode: 0, result: { list } };
    reply(200, JSON.stringify(body))(request, response, number);
  });
  const addresses = Object.fromEntries(BYBIT.settings.map(({ env }) => [env, server.url]));
  const network = await openVenueNetwork(BYBIT, {
    addresses,
    spool: folder,
    clock: createSystemClock(),
    apiKey: undefined,
  });
  onTestFinished(() => network.rest.close());
  const source = { id: 'x', facts: [BYBIT_INSTRUMENTS] } as unknown as Source;
  const facts = await SourceFacts.open({ source, network, folder, log: pino({ level: 'silent' }) });
  const stopping = new AbortController();
  const changes: unknown[] = [];
  const watching = facts.watch(
    stopping.signal,
    () => undefined,
    () => changes.push(facts.facts),
  );
  await eventually('the list is known', () => changes.length > 0, 60_000);
  stopping.abort();
  await watching;
  const known = { instruments: { linear: ['BTCUSDT'], inverse: ['BTCUSDT'] } };
  expect(changes).toEqual([known]);
  expect(JSON.parse(await readFile(join(folder, 'facts.json'), 'utf8'))).toEqual(known);
}, 90_000);
