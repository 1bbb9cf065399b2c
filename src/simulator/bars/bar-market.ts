/** What the simulated exchange says of bars and trades at a time, with its faults: streams, REST and archive agree otherwise. */
import type { FaultBoard } from '../faults/fault-board.ts';
import { barOf, foldTrades, type TapeBar } from './tape-bar.ts';
import type { TapeMarket, TapeSymbol } from './tape-symbol.ts';
import { MINUTE_MS, type TapeTrade, type TradeTape } from './trade-tape.ts';

export class BarMarket {
  readonly #tape: TradeTape;
  readonly #symbols: ReadonlyMap<string, TapeSymbol>;
  readonly #faults: FaultBoard;

  constructor(tape: TradeTape, symbols: ReadonlyMap<string, TapeSymbol>, faults: FaultBoard) {
    this.#tape = tape;
    this.#symbols = symbols;
    this.#faults = faults;
  }

  symbol(market: TapeMarket, symbol: string): TapeSymbol | undefined {
    return this.#symbols.get(`${market}:${symbol}`);
  }

  get symbols(): Iterable<TapeSymbol> {
    return this.#symbols.values();
  }

  trades(of: TapeSymbol, minute: number): readonly TapeTrade[] {
    return this.#tape.trades(of, minute);
  }

  minuteOf(of: TapeSymbol, aggregateId: number): number {
    return this.#tape.minuteOf(of, aggregateId);
  }

  /** The bar of a minute, as far as it went at `untilMs`. */
  bar(of: TapeSymbol, minute: number, untilMs?: number): TapeBar {
    return barOf(this.#tape, of, minute, untilMs);
  }

  /** As the stream closes it: with the fault `late-trade` a print comes too late for it. */
  closedBar(of: TapeSymbol, minute: number): TapeBar {
    if (this.#faults.anywhere('late-trade') === undefined) return this.bar(of, minute);
    const trades = this.trades(of, minute);
    if (trades.length < 2) return this.bar(of, minute);
    return foldTrades(of, minute * MINUTE_MS, trades.slice(0, -1), () => 0);
  }

  /** Whether REST has the minute: the exchange's own holes. */
  isKept(minute: number): boolean {
    const hole = this.#faults.anywhere('rest-hole');
    const timeMs = minute * MINUTE_MS;
    return hole === undefined || timeMs < hole.fromMs || timeMs >= hole.toMs;
  }
}
