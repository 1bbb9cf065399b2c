/** The batches of one segment, a batch a table, made when the first row comes. */
import type { LakeTable } from '../../lake/table.ts';
import { TableBatch } from './table-batch.ts';

export class TableBatches {
  readonly #batches = new Map<string, TableBatch>();
  #lastTable: LakeTable | undefined;
  #lastBatch: TableBatch | undefined;

  of<T extends LakeTable>(table: T): TableBatch<T> {
    // A burst fills one table: comparing is cheaper than looking up.
    if (this.#lastTable !== table || this.#lastBatch === undefined) {
      let batch = this.#batches.get(table.name);
      if (batch === undefined) {
        batch = new TableBatch(table as LakeTable);
        this.#batches.set(table.name, batch);
      }
      this.#lastTable = table;
      this.#lastBatch = batch;
    }
    return this.#lastBatch as unknown as TableBatch<T>;
  }
}
