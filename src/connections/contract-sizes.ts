/** How many US dollars one COIN-M contract is worth. Source: Binance COIN-M futures, `GET /dapi/v1/exchangeInfo`. */
import type { RestClient } from './rest-client.ts';

/** @returns contract sizes by symbol; symbols whose size is not told are left out. */
export async function fetchContractSizes(
  rest: RestClient,
  baseUrl: string,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const { body } = await rest.get(`${baseUrl}/dapi/v1/exchangeInfo`, 1, signal);
  const { symbols } = JSON.parse(body) as { symbols?: unknown };
  const sizes: Record<string, number> = {};
  for (const entry of Array.isArray(symbols) ? (symbols as Record<string, unknown>[]) : []) {
    const size = entry?.contractSize;
    if (typeof entry?.symbol === 'string' && typeof size === 'number' && size > 0) sizes[entry.symbol] = size;
  }
  return sizes;
}
