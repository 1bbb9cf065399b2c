/** How many US dollars one COIN-M contract is worth. Source: Binance COIN-M futures, `GET /dapi/v1/exchangeInfo`. */
import type { SideFact } from '../../base/facts.ts';
import { jsonFields } from '../../base/json-fields.ts';
import { getOr404 } from '../../network/http/get-or-404.ts';
import { COINM_REST_URL } from './settings.ts';

/** The name under which version 0.1 of the program wrote them to segments, too. */
export const CONTRACT_SIZES = 'contractSizes';
const CHECK_MS = 24 * 3_600_000;

export const contractSizesUrl = (addresses: Readonly<Record<string, string>>) =>
  `${addresses[COINM_REST_URL]}/dapi/v1/exchangeInfo`;

export const COINM_CONTRACT_SIZES: SideFact = {
  name: CONTRACT_SIZES,
  what: 'the COIN-M contract sizes',
  intervalMs: CHECK_MS,
  isCarried: true,
  isForPlan: false,
  async fetch({ rest, addresses, signal }) {
    const answer = await getOr404(rest, contractSizesUrl(addresses), 1, signal);
    return answer === undefined ? undefined : parseContractSizes(answer.body);
  },
};

/** @returns sizes by symbol, symbols whose size is not given left out; undefined when none is given. */
export function parseContractSizes(body: string): Readonly<Record<string, number>> | undefined {
  const { symbols } = jsonFields(body);
  if (!Array.isArray(symbols)) return undefined;
  const sizes: Record<string, number> = {};
  for (const entry of symbols as Array<Readonly<Record<string, unknown>> | null>) {
    const size = entry?.contractSize;
    if (typeof entry?.symbol === 'string' && typeof size === 'number' && size > 0) sizes[entry.symbol] = size;
  }
  return Object.keys(sizes).length > 0 ? sizes : undefined;
}
