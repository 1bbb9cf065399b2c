/** Arrow IPC for pandas, Polars and R: as a stream at the end of a pipe, or as a file, which has a list of its parts at its end. */
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import {
  AsyncByteQueue,
  Field,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  RecordBatchStreamWriter,
  Schema,
  Struct,
} from 'apache-arrow';
import { arrowColumn, arrowType } from './arrow-column.ts';
import type { Sink } from './sink.ts';

export interface ArrowWriter {
  /** @param columns the values of some rows, column by column. */
  batch(columns: readonly (readonly DuckDBValue[])[], rowCount: number): Promise<void>;
  end(): Promise<void>;
}

export function arrowWriter(
  names: readonly string[],
  types: readonly DuckDBType[],
  sink: Sink,
  form: 'stream' | 'file' = 'stream',
): ArrowWriter {
  const schema = new Schema(names.map((name, index) => new Field(name, arrowType(types[index]), true)));
  const bytes = new CollectedBytes();
  const writer = form === 'file' ? new RecordBatchFileWriter() : new RecordBatchStreamWriter();
  writer.reset(bytes, schema);
  return {
    async batch(columns, rowCount) {
      const children = schema.fields.map((field, index) => arrowColumn(field.type, columns[index] ?? []));
      const struct = makeData({ type: new Struct(schema.fields), length: rowCount, nullCount: 0, children });
      writer.write(new RecordBatch(schema, struct));
      await sink.write(bytes.take());
    },
    async end() {
      writer.finish();
      await sink.write(bytes.take());
    },
  };
}

/** What the writer wrote, for us to pass on at the reader's pace: by itself it would pile up. */
class CollectedBytes extends AsyncByteQueue {
  #chunks: Uint8Array[] = [];

  override write(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  take(): Uint8Array {
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [];
    return all;
  }
}
