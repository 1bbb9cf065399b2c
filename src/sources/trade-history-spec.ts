/** How a venue is asked for trades of the past, by their ids. */
import type { AggregateTrade } from './aggregate-trade.ts';
import type { PollRequest } from './poll-spec.ts';

export interface TradeHistorySpec {
  readonly maxTrades: number;
  /** Whether a bar's quote volume is the sum of price times quantity. */
  hasPlainQuote(market: string): boolean;
  /** Trades from an id on, oldest first. */
  request(
    addresses: Readonly<Record<string, string>>,
    market: string,
    symbol: string,
    ids: { readonly fromId: number; readonly toId: number },
  ): PollRequest;
  /** The first trade at or after a time in microseconds since the epoch. */
  requestAt(
    addresses: Readonly<Record<string, string>>,
    market: string,
    symbol: string,
    timeUs: number,
  ): PollRequest;
  /** @returns trades, what is wrong with one, or what is wrong with the whole answer. */
  parse(
    body: string,
  ): readonly (AggregateTrade | { readonly raw: string; readonly reason: string })[] | string;
  /** The trade's market, symbol and id in a frame of the stream; undefined for other frames. */
  idIn(
    connection: string,
    frame: Buffer,
  ): { readonly market: string; readonly symbol: string; readonly id: number } | undefined;
}
