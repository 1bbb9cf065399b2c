/** Reads rows out of DuckDB as columns of plain numbers; the next part is read while this one is worked on. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { RowBlock } from './row-block.ts';
import type { RowQuery, RowRequest } from './row-query.ts';

const LEADING = 3;

/** In the order of time. A block is valid until the next one is asked for. */
export async function* readBlocks(
  connection: DuckDBConnection,
  query: RowQuery,
  request: RowRequest,
): AsyncGenerator<RowBlock> {
  const { fromUs, toUs, features } = request;
  const read = (startUs: number) => {
    if (startUs >= toUs) return undefined;
    const endUs = Math.min(toUs, startUs + query.chunkUs);
    const result = connection.run(query.sql({ ...request, fromUs: startUs, toUs: endUs }));
    // Whoever awaits it gets the error; it may come before.
    result.catch(() => undefined);
    return result;
  };
  let next = read(fromUs);
  try {
    for (let startUs = fromUs; next !== undefined; startUs += query.chunkUs) {
      const result = await next;
      next = read(startUs + query.chunkUs);
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) break;
        const [timeUs, price, label, ...columns] = Array.from(
          { length: features.length + LEADING },
          (_, index) => numbersOf(chunk.getColumnVector(index)),
        ) as [Float64Array, Float64Array, Float64Array, ...Float64Array[]];
        yield { rows: chunk.rowCount, timeUs, price, label, features: columns };
      }
    }
  } finally {
    // Nobody closes the session under a running query.
    await next?.catch(() => undefined);
  }
}

function numbersOf(vector: object): Float64Array {
  const { items } = vector as { items?: unknown };
  if (items instanceof Float64Array) return items;
  throw new TypeError('a column of training rows is not made of doubles');
}
