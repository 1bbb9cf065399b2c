/** One symbol's rows in a table, and how they are read. */
import type { LakeTable } from '../lake/table.ts';
import type { Span } from './list-answer.ts';

export interface Series {
  readonly venue: string;
  readonly market: string;
  readonly symbol: string;
}

export interface SeriesSource {
  readonly table: LakeTable;
  readonly series: Series;
  /** What of the table is wanted beside the symbol and the time. */
  readonly filters: Readonly<Record<string, string>>;
  /** Usual distance of two rows, in microseconds. */
  readonly stepUs: bigint;
  /** Rows of the series in a span: SQL around the plain one, which selects all columns. */
  readonly wrap?: (
    plain: (table: string, span?: Span) => string,
    span: Span,
  ) => { readonly sql: string; readonly alsoReads: readonly LakeTable[] };
  /** The table whose later versions of rows `wrap` puts into their place: without one of them, the plain rows are the answer. */
  readonly correctedBy?: LakeTable;
  /** How far before the span `wrap` looks. */
  readonly lookBackUs?: bigint;
}
