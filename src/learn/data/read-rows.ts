/** Streams rows out of DuckDB chunk by chunk, as plain numbers. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { RowQuery, RowRequest } from './row-query.ts';

export interface Row {
  /** Microseconds since the epoch: what the row tells is of this time. */
  readonly timeUs: number;
  /** When the price, and when all of the row, was known. */
  readonly priceKnownUs: number;
  readonly knownUs: number;
  readonly price: number;
  /** NaN for what is not known. */
  readonly features: Float64Array;
}

const LEADING = 4;

/** In the order of time. */
export async function* readRows(
  connection: DuckDBConnection,
  query: RowQuery,
  request: RowRequest,
): AsyncGenerator<readonly Row[]> {
  const { fromUs, toUs, features } = request;
  for (let startUs = fromUs; startUs < toUs; startUs += query.chunkUs) {
    const endUs = Math.min(toUs, startUs + query.chunkUs);
    const result = await connection.stream(query.sql({ ...request, fromUs: startUs, toUs: endUs }));
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      const columns = Array.from({ length: features.length + LEADING }, (_, index) =>
        numbersOf(chunk.getColumnVector(index)),
      );
      yield rowsOf(columns, chunk.rowCount);
    }
  }
}

function numbersOf(vector: object): Float64Array {
  const { items } = vector as { items?: unknown };
  if (items instanceof Float64Array) return items;
  throw new TypeError('a column of training rows is not made of doubles');
}

/** One buffer for all rows of a chunk: an array of its own for each would cost more than reading them. */
function rowsOf(columns: readonly Float64Array[], count: number): Row[] {
  const width = columns.length - LEADING;
  const cells = new Float64Array(count * width);
  for (let column = 0; column < width; column++) {
    const values = columns[column + LEADING] as Float64Array;
    for (let row = 0; row < count; row++) cells[row * width + column] = values[row] as number;
  }
  const [time, priceKnown, known, price] = columns as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return Array.from({ length: count }, (_, row) => ({
    timeUs: time[row] as number,
    priceKnownUs: priceKnown[row] as number,
    knownUs: known[row] as number,
    price: price[row] as number,
    features: cells.subarray(row * width, (row + 1) * width),
  }));
}
