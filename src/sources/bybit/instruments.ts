/** The names of all contracts by category. Source: Bybit v5, `GET /v5/market/instruments-info`. */
import { parseDecimal } from '../../base/decimal.ts';
import type { FactContext, SideFact } from '../../base/facts.ts';
import { jsonFields } from '../../base/json-fields.ts';
import { type InstrumentList, NEVER_CLOSES, type SymbolFacts, textOrNull } from '../instrument-list.ts';
import { isFields } from '../parsed-frame.ts';
import { isSymbol } from '../symbol.ts';
import { BYBIT_REST_URL } from './settings.ts';

export const INSTRUMENTS = 'instruments';
export const CATEGORIES = ['linear', 'inverse'] as const;

const REFRESH_MS = 10 * 60_000;
const PAGE_SIZE = 1000;
/** A cursor that never ends is no list. */
const MAX_PAGES = 50;

export const BYBIT_INSTRUMENTS: SideFact = {
  name: INSTRUMENTS,
  what: 'the list of instruments of Bybit',
  intervalMs: REFRESH_MS,
  isCarried: false,
  isForPlan: true,
  async fetch({ rest, addresses, signal }) {
    const found: Record<string, readonly string[]> = {};
    for (const category of CATEGORIES) {
      const entries = await allPages({ rest, addresses, signal }, category);
      // A list that breaks off must not end the subscriptions of what it lacks.
      if (entries === undefined) return undefined;
      const open = entries.filter(({ status }) => status !== 'Closed');
      found[category] = [...new Set(open.map(({ symbol }) => symbol))].sort();
    }
    // Out of order: it must not end all subscriptions.
    return Object.values(found).every(({ length }) => length === 0) ? undefined : found;
  },
};

/** For the table of symbols. */
export const BYBIT_INSTRUMENT_LIST: InstrumentList = {
  markets: CATEGORIES,
  async list(context, market) {
    return (await allPages(context, market))?.map((entry) => factsOf(entry, market));
  },
};

export type Entry = Readonly<Record<string, unknown>> & { readonly symbol: string };

/** @returns undefined for what is no such list. */
export function parseInstruments(
  body: string,
): { readonly entries: readonly Entry[]; readonly nextCursor: string } | undefined {
  const { retCode, result } = jsonFields(body);
  if (retCode !== 0 || !isFields(result)) return undefined;
  const { list, nextPageCursor } = result;
  if (!Array.isArray(list)) return undefined;
  const entries = (list as readonly unknown[]).filter(
    (entry): entry is Entry => isFields(entry) && typeof entry.symbol === 'string' && isSymbol(entry.symbol),
  );
  return { entries, nextCursor: typeof nextPageCursor === 'string' ? nextPageCursor : '' };
}

async function allPages(
  { rest, addresses, signal }: FactContext,
  category: string,
): Promise<readonly Entry[] | undefined> {
  const entries: Entry[] = [];
  let cursor = '';
  for (let page = 0; page < MAX_PAGES; page++) {
    const more = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const url = `${addresses[BYBIT_REST_URL]}/v5/market/instruments-info?category=${category}&limit=${PAGE_SIZE}${more}`;
    const answer = parseInstruments((await rest.get(url, 1, signal)).body);
    if (answer === undefined) return undefined;
    entries.push(...answer.entries);
    if (answer.nextCursor === '' || answer.nextCursor === cursor) break;
    cursor = answer.nextCursor;
  }
  return entries;
}

/** Linear contracts count the base asset, inverse ones US dollars. */
function factsOf(entry: Entry, market: string): SymbolFacts {
  const { symbol, status, baseCoin, quoteCoin, contractType, priceFilter, lotSizeFilter } = entry;
  return {
    venue: 'bybit',
    market,
    symbol,
    status: textOrNull(status),
    baseAsset: textOrNull(baseCoin),
    quoteAsset: textOrNull(quoteCoin),
    contractType: textOrNull(contractType),
    contractSize: market === 'inverse' ? 1 : null,
    priceIncrement: (isFields(priceFilter) ? parseDecimal(priceFilter.tickSize) : undefined) ?? null,
    quantityIncrement: (isFields(lotSizeFilter) ? parseDecimal(lotSizeFilter.qtyStep) : undefined) ?? null,
    ...NEVER_CLOSES,
  };
}
