/** What makes rows of bars. */
import type { LakeTable } from '../lake/table.ts';
import type { BarSeries } from './bars/bar-series.ts';
import type { PartitionWriter } from './output/partition-writer.ts';

/** Bars from one row to another (exclusive). */
export interface BarRows {
  readonly bars: BarSeries;
  readonly fromRow: number;
  readonly untilRow: number;
  /** The version of `bars_1m` that they come from. */
  readonly inputsVersion: number;
}

/** Takes the bars of one series since its anchor, one after the other. */
export interface RowMaker<T extends LakeTable> {
  /** Takes a bar whose row nobody wants. */
  skip(bars: BarSeries, row: number): void;
  /** Takes some bars, and writes their rows. */
  write(writer: PartitionWriter<T>, rows: BarRows): void;
}
