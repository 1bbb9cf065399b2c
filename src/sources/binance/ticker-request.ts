/** The request for 24 h tickers: what is asked of the exchange, and what is kept of the answer. */
import type { PollInfo } from '../../spool/segments/record.ts';
import type { Selection } from '../poll-spec.ts';

export interface TickerRequest {
  readonly url: string;
  /** Source: Binance spot REST API, weights of `GET /api/v3/ticker/24hr`. */
  readonly weight: number;
  readonly keep: PollInfo['keep'];
}

export const TICKER_STREAM = 'ticker/24hr';

/** The price of asking for single symbols rises to that of all of them; beyond a hundred, all are asked for. */
const MAX_LISTED = 100;
const ALL_WEIGHT = 80;

/** Also of pairs that do not trade now: a list of symbols has those, too. */
export function allTickersRequest(baseUrl: string): Pick<TickerRequest, 'url' | 'weight'> {
  return { url: `${baseUrl}/api/v3/ticker/24hr`, weight: ALL_WEIGHT };
}

export function tickerRequest(baseUrl: string, { quotes, symbols }: Selection): TickerRequest {
  const url = `${baseUrl}/api/v3/ticker/24hr`;
  if (symbols.length > 0 && symbols.length <= MAX_LISTED) {
    const list = encodeURIComponent(JSON.stringify(symbols));
    return { url: `${url}?symbols=${list}`, weight: symbols.length <= 20 ? 2 : 40, keep: { symbols } };
  }
  const keep = symbols.length > 0 ? { symbols } : quotes.length > 0 ? { quotes } : undefined;
  return { url: `${url}?symbolStatus=TRADING`, weight: ALL_WEIGHT, keep };
}

/** Whether an answer has nothing of what is to be kept: a wrong word, and nothing would ever be stored. */
export function keepsNothing(body: string, { quotes, symbols }: Selection): boolean {
  const ends =
    symbols.length > 0 ? symbols.map((symbol) => `"${symbol}"`) : quotes.map((quote) => `${quote}"`);
  return ends.length > 0 && !ends.some((end) => body.includes(end));
}

export function nothingKeptText({ quotes, symbols }: Selection): string {
  const chosen = symbols.length > 0 ? `the symbols ${symbols.join(',')}` : `quoted in ${quotes.join(',')}`;
  return `no pair that trades is ${chosen}`;
}
