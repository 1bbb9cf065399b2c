/** How a venue is asked for bars of the past: to fill holes, to compare, to fill a lake. */
import type { Bar } from '../bars/bar.ts';
import type { MinuteRange } from '../bars/plan-holes.ts';
import type { CorporateAction } from './corporate-action.ts';
import type { SymbolFacts } from './instrument-list.ts';
import type { PollRequest } from './poll-spec.ts';

export interface HistoryAnswer {
  readonly bars: readonly Bar[];
  readonly bad: readonly { readonly raw: string; readonly reason: string }[];
  /** Dividends and splits of the time that was asked for. */
  readonly actions?: readonly CorporateAction[];
  /** What the answer says of the symbol, where it does. */
  readonly facts?: SymbolFacts;
}

export interface HistorySpec {
  /** Bars that one answer has at most. */
  maxMinutes(market: string): number;
  /** Bars that are older cannot be asked for; absent where all can. */
  readonly maxAgeMinutes?: number;
  /** The bars of whole minutes of one symbol, all in one answer. */
  request(
    addresses: Readonly<Record<string, string>>,
    market: string,
    symbol: string,
    range: MinuteRange,
  ): PollRequest;
  /** @returns the bars of the range in an answer, or what is wrong with the whole of it. */
  parse(body: string, market: string, symbol: string, range: MinuteRange): HistoryAnswer | string;
}
