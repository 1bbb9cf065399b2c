/** A picture for a file, before it is drawn. */
import type { CoverageDay } from '../../query/overview/coverage-days.ts';

export interface LinePlot {
  readonly kind: 'lines';
  readonly title: string;
  readonly series: readonly Series[];
}

export interface Series {
  readonly name: string;
  /** Milliseconds since the epoch, rising, and the value; NULL breaks the line. */
  readonly points: readonly (readonly [timeMs: number, value: number | null])[];
}

export interface BarPlot {
  readonly kind: 'bars';
  readonly title: string;
  /** One name a part of a bar. */
  readonly parts: readonly string[];
  readonly bars: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
}

export interface CoveragePlot {
  readonly kind: 'coverage';
  readonly title: string;
  readonly days: readonly CoverageDay[];
}

export type Plot = LinePlot | BarPlot | CoveragePlot;
