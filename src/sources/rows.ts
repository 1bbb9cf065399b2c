/** Where decoding puts what it finds in a record. */
import type { Bar, BarOrigin } from '../bars/bar.ts';
import type { LakeTable } from '../lake/table.ts';

export type Cell = string | number | null;

/** The columns that stand in the files: all but those of the partition. */
export type FileColumn<T extends LakeTable> = Exclude<keyof T['columns'], T['partitionBy'][number]>;

/** A row by column name, without the partition columns. Times are microseconds since the epoch. */
export type Row<T extends LakeTable> = { readonly [K in FileColumn<T>]: Cell };

export interface CellSink<V> {
  push(value: V | null): void;
}

/** The columns of one table by name, each of its kind. */
export type RowSinks<T extends LakeTable> = {
  readonly [K in FileColumn<T>]: CellSink<T['columns'][K] extends 'string' ? string : number>;
};

/** A poll as `coverage` has it: the times of question and answer, and what came of it. */
export interface PollOutcome {
  readonly stream: string;
  readonly market: string;
  readonly startedAtUs: number;
  readonly rows: number;
  /** Why nothing of the answer could be used; absent when it was good. */
  readonly failure?: string;
}

export interface Rows {
  /** Microseconds to add to the clock of receipt to get the venue's, as measured last; null as long as it was not. */
  readonly clockOffsetUs: number | null;
  /**
   * The frame shows that its connection lives. @param market of the data in it, which is counted; null for a tick.
   * Call it before `isNew`, once for each piece of data.
   */
  heard(market: string | null): void;
  /** Whether the data with this key did not come before; of a second delivery nothing is to be stored. */
  isNew(hash: Uint32Array, market: string): boolean;
  /** What a connection brought is new, or not; `isNew` does this itself. The others of its group should bring it too. */
  delivered(hash: Uint32Array, market: string, isFirst: boolean): void;
  /** Counts a second delivery that was noticed otherwise. */
  duplicate(): void;
  /**
   * Begins a row of a table that is partitioned by `date`: one cell has to be pushed to every column. For the many rows
   * of a burst; `add` is for the few.
   * @param dateUs the time whose UTC date is the row's partition.
   */
  begin<T extends LakeTable>(table: T, dateUs: number): RowSinks<T>;
  /** @param where the time whose date is the partition, or the partition's values. */
  add<T extends LakeTable>(table: T, where: number | Readonly<Record<string, string>>, row: Row<T>): void;
  /**
   * A closed bar: a row of `bars_1m` when its minute is not known yet, of `bar_corrections` when it is another than the
   * one that is known, of `quarantine` when two connections say different things.
   * @param received as it came, for a bar that a connection delivered.
   * @returns whether its minute was not known.
   */
  bar(bar: Bar, origin: BarOrigin, received?: Uint8Array): boolean;
  /** The time of something stored, in microseconds since the epoch: the newest one is shown. */
  event(timeUs: number): void;
  polled(outcome: PollOutcome): void;
  /** What cannot be understood is kept with the reason. */
  quarantine(reason: string, raw: string, market?: string): void;
}
