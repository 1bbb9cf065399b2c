import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { KnownSymbols } from '../../src/services/known-symbols.ts';
import { openVenueNetwork } from '../../src/services/venue-network.ts';
import { BINANCE } from '../../src/sources/binance/venue.ts';
import { sourceOf } from '../../src/sources/registry.ts';
import { bendableClock } from '../support/feed-server.ts';
import { exchangeAt, query, run, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const NEVER = new AbortController().signal;

async function polling(symbols: readonly string[]) {
  const simulator = await simulatorFor({ market: 'none' });
  const clock = bendableClock();
  const addresses = Object.fromEntries(BINANCE.settings.map(({ env }) => [env, simulator.restUrl]));
  const spool = join(await temporaryFolder(), '_spool');
  const network = await openVenueNetwork(BINANCE, { addresses, spool, clock, apiKey: undefined });
  onTestFinished(() => network.rest.close());
  const { poll } = sourceOf('prices');
  if (poll === undefined) throw new Error('prices are polled');
  const warnings: string[] = [];
  const stream = new Writable({
    write: (line: Buffer, _encoding, done) => {
      warnings.push(JSON.parse(String(line)).msg);
      done();
    },
  });
  const selection = { quotes: [], symbols };
  const known = new KnownSymbols({ poll, network, selection, clock, log: pino(stream) });
  /** The chosen symbols that come. */
  const once = async () => {
    const rows: string[] = [];
    for await (const { body } of known.poll(clock.nowUs(), NEVER)) {
      const answer = JSON.parse(body) as { symbol: string }[];
      rows.push(...answer.map(({ symbol }) => symbol).filter((symbol) => symbols.includes(symbol)));
    }
    return rows;
  };
  return { once, warnings, clock };
}

it('a symbol that is no longer there leaves the others, and is named once', async () => {
  const { once, warnings, clock } = await polling(['BTCUSDT', 'GONEUSDT', 'ETHUSDT']);
  for (let poll = 0; poll < 3; poll++) expect((await once()).sort()).toEqual(['BTCUSDT', 'ETHUSDT']);
  expect(warnings).toEqual(['the exchange no longer has GONEUSDT: the other symbols are kept']);
  // It is asked for again now and then, and not named again.
  clock.skip(3_600_000);
  expect((await once()).sort()).toEqual(['BTCUSDT', 'ETHUSDT']);
  expect(warnings).toHaveLength(1);
});

it('symbols of which none is there are an error', async () => {
  const { once, warnings } = await polling(['GONEUSDT', 'LOSTUSDT']);
  await expect(once()).rejects.toThrow(/-1121/);
  expect(warnings).toEqual([]);
});

it('`once` stores the others and says which one is gone', async () => {
  const simulator = await simulatorFor({ market: 'none' });
  const lake = await temporaryFolder();
  const words = ['once', '--symbols', 'BTCUSDT,GONEUSDT', '--lake', lake];
  const { code, stderr } = await run(words, { env: exchangeAt(simulator) });
  expect([code, stderr.match(/GONEUSDT/g)?.length]).toEqual([0, 1]);
  expect(await query(lake, 'SELECT symbol FROM prices')).toEqual([{ symbol: 'BTCUSDT' }]);
});
