/** Gathers the rows of one partition of a derived table and writes them into files of the table, not yet committed. */
import { collectGarbage } from '../../base/collect-garbage.ts';
import { statsColumns } from '../../delta/format/stats-columns.ts';
import type { AddFile, Metadata } from '../../delta/log/actions.ts';
import type { TableStore } from '../../delta/store/table-store.ts';
import type { Columns, ColumnsOf, TableBatch } from '../../ingest/rows/table-batch.ts';
import { writeDataFile } from '../../ingest/write/write-data-file.ts';
import type { LakeTable } from '../../lake/table.ts';
import { dayText, type Timeframe } from '../../lake/timeframe.ts';

/** Where files go, and what the table wants to know of them. */
export interface OutputTable {
  readonly store: TableStore;
  readonly metadata: Metadata;
}

/** Rows of a symbol that are to be replaced: all from one time to another (exclusive). */
export interface Replaced {
  readonly id: number;
  readonly fromUs: number;
  readonly untilUs: number;
}

/** What a run has made for one partition. */
export interface WrittenPartition {
  readonly values: Readonly<Record<string, string>>;
  readonly adds: readonly AddFile[];
  readonly rows: number;
  readonly replaced: readonly Replaced[];
}

/** Rows times columns of a file: it takes about 100 MB while it is made, in each of two threads. */
const MAX_FILE_CELLS = 3_000_000;

export class PartitionWriter<T extends LakeTable> {
  readonly values: Readonly<Record<string, string>>;
  readonly #output: OutputTable;
  readonly #nowMs: number;
  readonly #adds: AddFile[] = [];
  readonly #replaced: Replaced[] = [];
  readonly #batch: TableBatch<T>;
  #rows = 0;

  /** @param batch an empty one; it is empty again in the end. */
  constructor(
    output: OutputTable,
    batch: TableBatch<T>,
    where: { timeframe: Timeframe; periodUs: number; nowMs: number },
  ) {
    this.#output = output;
    this.#nowMs = where.nowMs;
    this.values = { timeframe: where.timeframe, period: dayText(where.periodUs) };
    this.#batch = batch;
  }

  replaces(replaced: Replaced): void {
    this.#replaced.push(replaced);
  }

  /** Begins rows: as many cells have to be put into every column. */
  begin(rows: number): ColumnsOf<T> {
    return this.#batch.beginRows(this.values, rows);
  }

  /** To be called between symbols: writes a file when there is enough for one. */
  async flushWhenFull(): Promise<void> {
    if (this.#isFull) await this.#flush();
  }

  get #isFull(): boolean {
    const { rowCount, table } = this.#batch;
    return rowCount * Object.keys(table.columns).length >= MAX_FILE_CELLS;
  }

  async finish(): Promise<WrittenPartition> {
    await this.#flush();
    return { values: this.values, adds: this.#adds, rows: this.#rows, replaced: this.#replaced };
  }

  async #flush(): Promise<void> {
    const [partition] = this.#batch.partitions;
    if (partition === undefined) return;
    this.#rows += this.#batch.rowCount;
    this.#adds.push(await this.#write(partition.columns));
    // Else the frames of full files, 25 MB each, lie there until V8 happens to look: 200 MB of a thread.
    if (this.#isFull) collectGarbage();
    this.#batch.clear();
    // Polars frees a frame's memory only when the event loop turns.
    await new Promise((resolve) => setImmediate(resolve));
  }

  #write(columns: Columns): Promise<AddFile> {
    return writeDataFile({
      store: this.#output.store,
      table: this.#batch.table,
      partitionValues: this.values,
      columns,
      indexed: new Set(statsColumns(this.#output.metadata).map(({ name }) => name)),
      nowMs: this.#nowMs,
    });
  }
}
