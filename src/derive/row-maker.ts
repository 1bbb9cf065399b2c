/** What makes rows of bars. */
import type { LakeTable } from '../lake/table.ts';
import type { BarSeries } from './bars/bar-series.ts';
import type { PartitionWriter } from './output/partition-writer.ts';

/** Takes the bars of one series since its anchor, one after the other. */
export interface RowMaker<T extends LakeTable> {
  /** Takes a bar whose row nobody wants. */
  skip(bars: BarSeries, row: number): void;
  next(bars: BarSeries, row: number): void;
  /** Writes the row of the bar that was taken last. */
  push(writer: PartitionWriter<T>, bars: BarSeries, row: number): void;
}
