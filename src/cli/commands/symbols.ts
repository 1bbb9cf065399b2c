/** `crypto-lake symbols`: the watch list and what is known of each symbol; `add`, `remove` and `refresh` change it. */
import { didYouMean } from '../../base/did-you-mean.ts';
import { LakeError } from '../../base/errors.ts';
import { requireLake } from '../../lake/lake-catalog.ts';
import {
  fetchFacts,
  type InstrumentContext,
  keyOf,
  refreshSymbols,
} from '../../services/symbols/refresh-symbols.ts';
import { appendSymbols, readSymbols } from '../../services/symbols/symbol-table.ts';
import type { SymbolFacts, SymbolVersion } from '../../sources/instrument-list.ts';
import { VENUES } from '../../sources/registry.ts';
import { isPrefix, parseSymbolList, symbolText, type WatchedSymbol } from '../../sources/watched-symbol.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { makeLake } from '../make-lake.ts';
import { openNetwork } from '../open-network.ts';
import { printRows } from '../print-rows.ts';

const COLUMNS = {
  venue: 'name',
  market: 'name',
  symbol: 'name',
  is_watched: 'boolean',
  is_featured: 'boolean',
  status: 'text',
  base_asset: 'text',
  quote_asset: 'text',
  contract_type: 'text',
  contract_size: 'float',
  price_increment: 'float',
  quantity_increment: 'float',
  time_zone: 'text',
} as const;

/** What a venue lists of a market, by both: some hundred symbols are found in one answer. */
type FactLists = Map<string, readonly SymbolFacts[]>;

/** Names that are compared with one that is not there. */
const MAX_COMPARED = 1000;

export const symbols: Command = async (context, flags, [action, ...names]) => {
  if (action === undefined || action === 'list') return list(context, flags);
  if (action === 'refresh') return refresh(context);
  if (names.length === 0) {
    throw new LakeError('USAGE', `\`symbols ${action}\` needs the names of symbols`, {
      hint: `for example \`crypto-lake symbols ${action} BTCUSDT usdm:ETHUSDT\``,
    });
  }
  return change(context, flags, named(names, flags), action === 'add');
};

async function list({ config, io }: CommandContext, flags: Flags): Promise<void> {
  await requireLake(config.lake);
  const known = (await readSymbols(config.lake)) ?? [];
  const wanted = known.filter(
    ({ venue, market, isWatched }) =>
      (flags.all === true || isWatched) &&
      (flags.venue === undefined || flags.venue === venue) &&
      (flags.market === undefined || flags.market === market),
  );
  await printRows(
    io,
    flags,
    COLUMNS,
    wanted.map((one) => ({
      venue: one.venue,
      market: one.market,
      symbol: one.symbol,
      is_watched: one.isWatched,
      is_featured: one.isFeatured,
      status: one.status,
      base_asset: one.baseAsset,
      quote_asset: one.quoteAsset,
      contract_type: one.contractType,
      contract_size: one.contractSize,
      price_increment: one.priceIncrement,
      quantity_increment: one.quantityIncrement,
      time_zone: one.timeZone,
    })),
  );
  if (wanted.length === 0)
    io.say(
      known.length === 0
        ? 'no symbols yet: `crypto-lake symbols add BTCUSDT`, or start `crypto-lake bars`, which watches the ten that are traded most'
        : 'none of that kind; `--all` shows those that are not watched, too',
    );
}

async function refresh(context: CommandContext): Promise<void> {
  const { config, io, clock } = context;
  for (const venue of VENUES) {
    if (venue.instruments === undefined) continue;
    await withInstruments(context, venue.name, async (instruments) => {
      const changed = await refreshSymbols(config.lake, instruments, clock.nowUs());
      io.say(`${venue.title}: ${changed.toLocaleString('en')} symbols have a new version`);
    });
  }
}

async function change(
  context: CommandContext,
  flags: Flags,
  wanted: readonly WatchedSymbol[],
  isWatched: boolean,
): Promise<void> {
  const { config, io, clock } = context;
  const known = new Map((await readSymbols(config.lake))?.map((one) => [keyOf(one), one]));
  const versions: SymbolVersion[] = [];
  const lists: FactLists = new Map();
  for (const one of wanted) {
    const before = known.get(keyOf(one));
    if (before === undefined && !isWatched) throw unknown(one, [...known.values()].map(symbolText));
    const facts = before ?? (await lookUp(context, one, lists));
    const isFeatured = flags.featured === true || (before?.isFeatured ?? false);
    if (before?.isWatched === isWatched && before.isFeatured === isFeatured) continue;
    versions.push({ ...facts, isWatched, isFeatured: isWatched && isFeatured });
  }
  await appendSymbols(config.lake, versions, clock.nowUs());
  const word = isWatched ? 'watched from now on' : 'no longer watched';
  io.say(
    versions.length === 0
      ? 'nothing changed'
      : `${word}: ${versions.map(symbolText).join(', ')}; collectors follow within a minute`,
  );
}

/** @param lists are read, and filled. @throws LakeError USAGE when the venue does not have it. */
async function lookUp(context: CommandContext, one: WatchedSymbol, lists: FactLists): Promise<SymbolVersion> {
  const found = await withInstruments(context, one.venue, async (instruments) => {
    if (instruments.instruments.list === undefined)
      return instruments.instruments.find?.(instruments, one.market, one.symbol);
    const place = `${one.venue} ${one.market}`;
    const facts = lists.get(place) ?? (await fetchFacts(instruments, one.market));
    lists.set(place, facts);
    const own = facts.find(({ symbol }) => symbol === one.symbol);
    if (own === undefined) throw unknown(one, facts.map(symbolText));
    return own;
  });
  if (found === undefined) throw unknown(one, []);
  return { ...found, isWatched: false, isFeatured: false };
}

function named(names: readonly string[], { market, venue }: Flags): readonly WatchedSymbol[] {
  const prefix = [market, venue].find((word) => typeof word === 'string' && isPrefix(word));
  return parseSymbolList(
    names
      .flatMap((name) => name.split(','))
      .map((name) => (prefix && !name.includes(':') ? `${prefix}:${name}` : name)),
  );
}

async function withInstruments<T>(
  context: CommandContext,
  name: string,
  use: (instruments: InstrumentContext) => Promise<T>,
): Promise<T | undefined> {
  const { config, clock, signal } = context;
  const venue = VENUES.find((one) => one.name === name);
  if (venue?.instruments === undefined) return undefined;
  const network = await openNetwork(venue, config, await makeLake(config), clock);
  try {
    const { addresses, rest } = network;
    return await use({ instruments: venue.instruments, venue: name, addresses, rest, signal });
  } finally {
    await network.rest.close();
  }
}

function unknown(one: WatchedSymbol, known: readonly string[]): LakeError {
  const first = one.symbol.charAt(0).toLowerCase();
  const near = known.filter((name) => name.replace(/^.*:/, '').toLowerCase().startsWith(first));
  return new LakeError('USAGE', `there is no symbol \`${symbolText(one)}\``, {
    hint:
      near.length > 0 && near.length < MAX_COMPARED
        ? didYouMean(symbolText(one), near)
        : 'names are written as the exchange writes them, such as `BTCUSDT` or `coinm:BTCUSD_PERP`',
  });
}
