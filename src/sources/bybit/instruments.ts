/** The names of all contracts by category. Source: Bybit v5, `GET /v5/market/instruments-info`. */
import type { SideFact } from '../../base/facts.ts';
import { jsonFields } from '../../base/json-fields.ts';
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
      const symbols: string[] = [];
      let cursor = '';
      for (let page = 0; page < MAX_PAGES; page++) {
        const more = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const url = `${addresses[BYBIT_REST_URL]}/v5/market/instruments-info?category=${category}&limit=${PAGE_SIZE}${more}`;
        const answer = parseInstruments((await rest.get(url, 1, signal)).body);
        // A list that breaks off must not end the subscriptions of what it lacks.
        if (answer === undefined) return undefined;
        symbols.push(...answer.symbols);
        if (answer.nextCursor === '' || answer.nextCursor === cursor) break;
        cursor = answer.nextCursor;
      }
      found[category] = [...new Set(symbols)].sort();
    }
    return found;
  },
};

/** @returns undefined for what is no such list. */
export function parseInstruments(
  body: string,
): { readonly symbols: readonly string[]; readonly nextCursor: string } | undefined {
  const { retCode, result } = jsonFields(body);
  if (retCode !== 0 || typeof result !== 'object' || result === null) return undefined;
  const { list, nextPageCursor } = result as { readonly list?: unknown; readonly nextPageCursor?: unknown };
  if (!Array.isArray(list)) return undefined;
  const symbols = (list as ReadonlyArray<Readonly<Record<string, unknown>> | null>)
    .filter((entry) => entry?.status !== 'Closed')
    .map((entry) => entry?.symbol)
    .filter((symbol) => typeof symbol === 'string')
    .filter(isSymbol);
  return { symbols, nextCursor: typeof nextPageCursor === 'string' ? nextPageCursor : '' };
}
