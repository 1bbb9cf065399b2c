/** How many US dollars one COIN-M contract is worth. Source: Binance COIN-M futures, `GET /dapi/v1/exchangeInfo`. */
import { jsonFields } from '../../base/json-fields.ts';
import { optionalAnswer } from '../../network/http/get-or-404.ts';
import type { RestClient } from '../../network/http/rest-client.ts';

/**
 * @returns contract sizes by symbol, symbols whose size is not told left out; undefined when none is told.
 * @throws LakeError EXCHANGE_… when the exchange cannot be asked.
 */
export async function fetchContractSizes(
  rest: RestClient,
  baseUrl: string,
  signal: AbortSignal,
): Promise<Record<string, number> | undefined> {
  const answer = await optionalAnswer(rest, `${baseUrl}/dapi/v1/exchangeInfo`, 1, signal);
  if (answer === undefined) return undefined;
  const { symbols } = jsonFields(answer.body);
  if (!Array.isArray(symbols)) return undefined;
  const sizes: Record<string, number> = {};
  for (const entry of symbols as Array<Readonly<Record<string, unknown>> | null>) {
    const size = entry?.contractSize;
    if (typeof entry?.symbol === 'string' && typeof size === 'number' && size > 0) sizes[entry.symbol] = size;
  }
  return Object.keys(sizes).length > 0 ? sizes : undefined;
}
