/**
 * What is traded on Binance. Source: `GET /api/v3/exchangeInfo` (weight 20), `/fapi/v1/exchangeInfo` and
 * `/dapi/v1/exchangeInfo` (weight 1); names are never cut into their assets.
 */
import { parseDecimal } from '../../base/decimal.ts';
import { jsonFields } from '../../base/json-fields.ts';
import { type InstrumentList, NEVER_CLOSES, type SymbolFacts, textOrNull } from '../instrument-list.ts';
import { isSymbol } from '../symbol.ts';
import { restRoot } from './kline-history.ts';
import { SPOT_REST_URL } from './settings.ts';
import { tickerRequest } from './ticker-request.ts';

const VENUE = 'binance';
const SPOT_WEIGHT = 20;
const POPULAR_QUOTE = 'USDT';

type Fields = Readonly<Record<string, unknown>>;

export const BINANCE_INSTRUMENTS: InstrumentList = {
  markets: ['spot', 'usdm', 'coinm'],
  async list({ rest, addresses, signal }, market) {
    const url = `${restRoot(addresses, market)}/exchangeInfo`;
    const { symbols } = jsonFields((await rest.get(url, market === 'spot' ? SPOT_WEIGHT : 1, signal)).body);
    if (!Array.isArray(symbols)) return undefined;
    return (symbols as unknown[]).flatMap((entry) => factsOf(entry, market) ?? []);
  },
  popular: {
    request: (addresses) => ({
      market: 'spot',
      ...tickerRequest(addresses[SPOT_REST_URL] ?? '', { quotes: [POPULAR_QUOTE], symbols: [] }),
    }),
    parse(body) {
      const tickers = listOf(body).flatMap((entry) => {
        const { symbol, quoteVolume } = fieldsOf(entry);
        const volume = parseDecimal(quoteVolume);
        const isPlain = typeof symbol === 'string' && isSymbol(symbol) && symbol.endsWith(POPULAR_QUOTE);
        return isPlain && volume !== undefined ? [{ symbol, volume }] : [];
      });
      return tickers.sort((a, b) => b.volume - a.volume).map(({ symbol }) => symbol);
    },
  },
};

function factsOf(entry: unknown, market: string): SymbolFacts | undefined {
  const { symbol, status, contractStatus, baseAsset, quoteAsset, contractType, contractSize, filters } =
    fieldsOf(entry);
  if (typeof symbol !== 'string' || !isSymbol(symbol)) return undefined;
  const filterValue = (type: string, name: string): number | null => {
    const list: readonly unknown[] = Array.isArray(filters) ? filters : [];
    const filter = list.map(fieldsOf).find(({ filterType }) => filterType === type);
    return parseDecimal(filter?.[name]) ?? null;
  };
  return {
    venue: VENUE,
    market,
    symbol,
    status: textOrNull(status ?? contractStatus),
    baseAsset: textOrNull(baseAsset),
    quoteAsset: textOrNull(quoteAsset),
    contractType: textOrNull(contractType),
    contractSize: market === 'coinm' && typeof contractSize === 'number' ? contractSize : null,
    priceIncrement: filterValue('PRICE_FILTER', 'tickSize'),
    quantityIncrement: filterValue('LOT_SIZE', 'stepSize'),
    ...NEVER_CLOSES,
  };
}

function listOf(body: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
