/** One thing that may be wrong with bars or prices: what it finds is flagged, never dropped. */
import type { Config } from '../../config/config.ts';
import type { BarSeries } from '../bars/bar-series.ts';
import type { SymbolKey } from '../symbol-index.ts';

export type Thresholds = Pick<
  Config,
  'qualityJump' | 'qualityStuck' | 'qualityStale' | 'qualityDivergence' | 'qualityClock'
>;

interface Named {
  readonly name: string;
  readonly severity: 'error' | 'warning';
}

export interface Found {
  readonly value: number;
  readonly threshold: number;
}

/** Looks at the bars of a series one after the other. @returns what is wrong with the bar at a row. */
export type BarLook = (bars: BarSeries, row: number) => Found | undefined;

/** What a finding says of its check. */
export type CheckName = Named;

export interface BarCheck extends Named {
  /** Begins a series; what it remembers of earlier bars is its own. */
  begin(thresholds: Thresholds, symbol: SymbolKey): BarLook;
}

/** Of two markets of one symbol, in the same minute. */
export interface MarketCheck extends Named {
  readonly markets: readonly [looked: string, beside: string];
  find(thresholds: Thresholds, close: number, closeBeside: number): Found | undefined;
}

export interface PriceCheck extends Named {
  /**
   * A query over `rows` that gives `venue`, `market`, `symbol`, `row_time`, `value` and `threshold` of each finding.
   * @param thresholds numbers only: they become SQL.
   */
  sql(thresholds: Thresholds): string;
}
