/** What the second thread of a run is given: plain data, as the threads of a process hand it over. */
import type { Metadata } from '../../delta/log/actions.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';
import type { Timeframe } from '../../lake/timeframe.ts';
import type { WrittenPartition } from '../output/partition-writer.ts';
import type { SymbolKey } from '../symbol-index.ts';
import type { HandedBars } from './handed-bars.ts';

/** What a second thread makes. */
export type SharedTable = 'indicators' | 'features';

/** Rows of one table and timeframe, period by period. */
export interface PeriodRequest {
  readonly table: SharedTable;
  /** Of the tables that rows are made of, by name: the same version for both threads. */
  readonly inputs: ReadonlyMap<string, { readonly location: string; readonly snapshot: Snapshot }>;
  readonly output: { readonly location: string; readonly metadata: Metadata };
  readonly timeframe: Timeframe;
  /** By id. */
  readonly keys: readonly SymbolKey[];
  /** By id: day → earliest time. */
  readonly changed: ReadonlyMap<number, ReadonlyMap<number, number>>;
  readonly inputsVersion: number;
  readonly knownUntilUs: number | undefined;
  readonly nowMs: number;
  readonly memoryBytes: number;
  readonly scratch: string;
}

/** Which period; null ends the thread. */
export type PeriodQuestion = {
  readonly periodUs: number;
  readonly nextUs: number | undefined;
  /** What need not be read. */
  readonly bars: readonly HandedBars[];
} | null;

export interface PeriodAnswer {
  readonly written?: WrittenPartition;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string | undefined };
}
