/** Rows of one source as SQL. A row tells what was known of an instrument at one time; NaN stands for NULL. */
import type { Instrument } from '../instrument.ts';

export interface RowQuery {
  /** Tables that it reads. */
  readonly tables: readonly string[];
  /** Every feature that it can give. */
  readonly featureNames: readonly string[];
  /**
   * A SELECT of `time_us`, `price`, `label` (the price `labelBars` later, where no bar on the way is missing) and the
   * features, all as doubles, in the order of time, at most one row a bar.
   */
  sql(request: RowRequest): string;
  /** A SELECT of one row: `rows`, `first_us`, `last_us`, and how many values each feature has, all as doubles. */
  surveySql(request: RowRequest): string;
  /** A SELECT of `definition`, one row for each that the formulas of the features had; without one, they never change. */
  definitionSql?(request: RowRequest): string;
  /** How much time one query may ask for, in microseconds: so that its sort fits into memory. */
  readonly chunkUs: number;
}

export interface RowRequest {
  readonly instrument: Instrument;
  readonly features: readonly string[];
  /** Microseconds since the epoch; `fromUs` inclusive, `toUs` exclusive. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Nothing that was known later is seen. */
  readonly cutUs: number;
  /** 0 for rows without a label. */
  readonly labelBars: number;
}

/** Rows whose join and sort take some tens of MB with all features. */
export const CHUNK_ROWS = 20_000;
