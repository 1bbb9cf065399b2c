/**
 * What one contract is: its value and in what that is counted. Source: OKX v5, `GET /api/v5/public/instruments`.
 */

import { parseDecimal } from '../../base/decimal.ts';
import type { SideFact } from '../../base/facts.ts';
import { jsonFields } from '../../base/json-fields.ts';
import { type InstrumentList, NEVER_CLOSES, type SymbolFacts, textOrNull } from '../instrument-list.ts';
import { type Fields, isFields } from '../parsed-frame.ts';
import { isSymbol } from '../symbol.ts';
import { OKX_REST_URL } from './settings.ts';

export const CONTRACTS = 'contracts';
export const INSTRUMENT_TYPES = ['SWAP', 'FUTURES'] as const;

const REFRESH_MS = 3_600_000;

/** Small, since every segment carries them: the value, and whether it is counted in US dollars. */
export type Contract = readonly [value: number, isInverse: 0 | 1];

export const OKX_CONTRACTS: SideFact = {
  name: CONTRACTS,
  what: 'the contract values of OKX',
  intervalMs: REFRESH_MS,
  isCarried: true,
  // Listening can do without, but then the first orders have no value.
  isForPlan: true,
  async fetch({ rest, addresses, signal }) {
    const found: Record<string, Contract> = {};
    for (const type of INSTRUMENT_TYPES) {
      const contracts = parseContracts((await rest.get(listUrl(addresses, type), 1, signal)).body);
      if (contracts === undefined) return undefined;
      Object.assign(found, contracts);
    }
    // Out of order: it must not take away what is known.
    return Object.keys(found).length === 0 ? undefined : found;
  },
};

/** For the table of symbols. */
export const OKX_INSTRUMENT_LIST: InstrumentList = {
  markets: INSTRUMENT_TYPES.map((type) => type.toLowerCase()),
  async list({ rest, addresses, signal }, market) {
    const { code, data } = jsonFields((await rest.get(listUrl(addresses, market), 1, signal)).body);
    if (code !== '0' || !Array.isArray(data)) return undefined;
    return (data as readonly unknown[]).flatMap((entry) => (isFields(entry) ? factsOf(entry, market) : []));
  },
};

/** Linear contracts count the base asset and settle in the quote asset, inverse ones the other way round. */
function factsOf(entry: Fields, market: string): readonly SymbolFacts[] {
  const { instId, state, ctType, ctVal, ctValCcy, settleCcy, tickSz, lotSz } = entry;
  if (typeof instId !== 'string' || !isSymbol(instId)) return [];
  const isInverse = ctType === 'inverse';
  return [
    {
      venue: 'okx',
      market,
      symbol: instId,
      status: textOrNull(state),
      baseAsset: textOrNull(isInverse ? settleCcy : ctValCcy),
      quoteAsset: textOrNull(isInverse ? ctValCcy : settleCcy),
      contractType: textOrNull(ctType),
      contractSize: parseDecimal(ctVal) ?? null,
      priceIncrement: parseDecimal(tickSz) ?? null,
      quantityIncrement: parseDecimal(lotSz) ?? null,
      ...NEVER_CLOSES,
    },
  ];
}

function listUrl(addresses: Readonly<Record<string, string>>, type: string): string {
  return `${addresses[OKX_REST_URL]}/api/v5/public/instruments?instType=${type.toUpperCase()}`;
}

/** @returns contracts by instrument, those whose value is not given left out; undefined for what is no such list. */
export function parseContracts(body: string): Readonly<Record<string, Contract>> | undefined {
  const { code, data } = jsonFields(body);
  if (code !== '0' || !Array.isArray(data)) return undefined;
  const contracts: Record<string, Contract> = {};
  for (const entry of data as ReadonlyArray<Readonly<Record<string, unknown>> | null>) {
    const { instId, ctVal, ctType } = entry ?? {};
    const value = parseDecimal(ctVal);
    if (typeof instId !== 'string' || !isSymbol(instId) || value === undefined || value === 0) continue;
    if (ctType === 'linear' || ctType === 'inverse')
      contracts[instId] = [value, ctType === 'inverse' ? 1 : 0];
  }
  return contracts;
}
