/** Rows of one source as SQL. A row tells what was known of an instrument at one time; NaN stands for NULL. */
import type { Instrument } from '../instrument.ts';

export interface RowQuery {
  /** Tables that it reads. */
  readonly tables: readonly string[];
  /** Every feature that it can give. */
  readonly featureNames: readonly string[];
  /**
   * A SELECT of `time_us`, `price_known_us`, `known_us`, `price` and the features, with rows in the order of time, at
   * most one a bar.
   */
  sql(request: RowRequest): string;
  /** A SELECT of one row: `rows`, `first_us`, `last_us`, and how many values each feature has, all as doubles. */
  surveySql(request: RowRequest): string;
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
}

/** Rows whose sort takes some tens of MB with all features. */
export const CHUNK_ROWS = 40_000;
