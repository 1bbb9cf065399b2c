/** One thing that may be wrong with rows of bars or prices, as SQL: what it finds is flagged, never dropped. */
import type { Config } from '../../config/config.ts';

export type Thresholds = Pick<
  Config,
  'qualityJump' | 'qualityStuck' | 'qualityStale' | 'qualityDivergence' | 'qualityClock'
>;

export interface QualityCheck {
  readonly name: string;
  readonly severity: 'error' | 'warning';
  /** The table whose rows it looks at, a day at a time. */
  readonly table: 'bars_1m' | 'prices';
  /**
   * A query over `rows` that gives `venue`, `market`, `symbol`, `row_time`, `value` and `threshold` of each finding.
   * @param thresholds numbers only: they become SQL.
   */
  sql(thresholds: Thresholds): string;
}

/** What most checks of bars give: the rows where a condition holds. */
export function whereBars(condition: string, value: string, threshold: string | number): string {
  return `SELECT venue, market, symbol, open_time AS row_time, (${value})::DOUBLE AS value, (${threshold})::DOUBLE AS threshold FROM rows WHERE ${condition}`;
}
