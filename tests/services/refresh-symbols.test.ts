import { expect, it } from 'vitest';
import { LakeError } from '../../src/base/errors.ts';
import { type InstrumentContext, refreshSymbols } from '../../src/services/symbols/refresh-symbols.ts';
import { readSymbols } from '../../src/services/symbols/symbol-table.ts';
import { type InstrumentList, NEVER_CLOSES, type SymbolFacts } from '../../src/sources/instrument-list.ts';
import { temporaryFolder } from '../support/program.ts';

type Listed = readonly string[] | LakeError | undefined;

function factsOf(market: string, symbol: string): SymbolFacts {
  const [status, baseAsset, quoteAsset] = ['TRADING', 'A', 'USDT'];
  const numbers = { contractSize: null, priceIncrement: 1, quantityIncrement: 1 };
  return {
    ...{ venue: 'v', market, symbol, status, baseAsset, quoteAsset, contractType: null },
    ...numbers,
    ...NEVER_CLOSES,
  };
}

/** A venue with two markets; `lists` says what each answers. */
function venueWith(lists: Readonly<Record<string, Listed>>): InstrumentContext {
  const instruments: InstrumentList = {
    markets: ['first', 'second'],
    async list(_, market) {
      const listed = lists[market];
      if (listed instanceof LakeError) throw listed;
      return listed?.map((symbol) => factsOf(market, symbol));
    },
  };
  const rest = { get: () => Promise.reject(new Error('nothing else is asked')) };
  return { instruments, venue: 'v', addresses: {}, rest, signal: new AbortController().signal };
}

async function statusesIn(lake: string) {
  const known = (await readSymbols(lake)) ?? [];
  return Object.fromEntries(known.map(({ market, symbol, status }) => [`${market}:${symbol}`, status]));
}

it('a market that cannot be asked is reported, and holds up no other', async () => {
  const lake = await temporaryFolder();
  const away = new LakeError('EXCHANGE_UNREACHABLE', 'the first is away');
  const refreshing = refreshSymbols(lake, venueWith({ first: away, second: ['B'] }), 1);
  await expect(refreshing).rejects.toBe(away);
  expect(await statusesIn(lake)).toEqual({ 'second:B': 'TRADING' });
});

it('a list without any symbol declares none of them gone, one that lacks some does', async () => {
  const lake = await temporaryFolder();
  await refreshSymbols(lake, venueWith({ first: ['A', 'B'], second: [] }), 1);
  const refreshing = refreshSymbols(lake, venueWith({ first: [], second: [] }), 2);
  await expect(refreshing).rejects.toMatchObject({ code: 'EXCHANGE_NONSENSE' });
  expect(await statusesIn(lake)).toEqual({ 'first:A': 'TRADING', 'first:B': 'TRADING' });
  await refreshSymbols(lake, venueWith({ first: ['A'], second: [] }), 3);
  expect(await statusesIn(lake)).toEqual({ 'first:A': 'TRADING', 'first:B': 'GONE' });
});
