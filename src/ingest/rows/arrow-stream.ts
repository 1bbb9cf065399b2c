/** An Arrow table as a stream of bytes, in the same memory each time: new memory for each would keep the garbage collector busy. */
import { AsyncByteQueue, RecordBatchStreamWriter, type Table } from 'apache-arrow';

let memory = Buffer.alloc(0);

class Sink extends AsyncByteQueue {
  length = 0;

  override write(chunk: Uint8Array): void {
    const length = this.length + chunk.length;
    if (length > memory.length) {
      const grown = Buffer.alloc(Math.max(length, memory.length * 2));
      memory.copy(grown, 0, 0, this.length);
      memory = grown;
    }
    memory.set(chunk, this.length);
    this.length = length;
  }
}

/** @returns bytes that are good until the next call. */
export function arrowStream(table: Table): Buffer {
  const sink = new Sink();
  new RecordBatchStreamWriter().reset(sink).writeAll(table);
  return memory.subarray(0, sink.length);
}
