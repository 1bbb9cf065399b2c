/**
 * Parquet files as few queries of Polars: each query costs ten milliseconds whatever its size, and thousands of small
 * files may be there where commits are frequent. Those with the same columns are put under one another.
 */
import { statSync } from 'node:fs';
import pl from 'nodejs-polars';

export type Query = ReturnType<typeof pl.scanParquet>;

/** Some ten thousand rows: less is read at once, more is scanned, for a filter then keeps most of it out of memory. */
const SMALL_BYTES = 2 ** 20;
/** Each file more makes each frame of the stack larger, and Polars frees them only when the event loop turns. */
const STACK_FILES = 32;
const STACK_ROWS = 50_000;

/** Yields the rows of all files, in any order. */
export function* concatSmallFiles(paths: Iterable<string>): Generator<Query> {
  const stacks = new Map<string, { frame: pl.DataFrame; files: number }>();
  for (const path of paths) {
    if (statSync(path).size > SMALL_BYTES) {
      yield pl.scanParquet(path);
      continue;
    }
    const frame = pl.readParquet(path);
    const shape = JSON.stringify([frame.columns, frame.dtypes.map(String)]);
    const below = stacks.get(shape);
    const stack = { frame: below?.frame.vstack(frame) ?? frame, files: (below?.files ?? 0) + 1 };
    stacks.set(shape, stack);
    if (stack.files < STACK_FILES && stack.frame.height < STACK_ROWS) continue;
    stacks.delete(shape);
    yield stack.frame.lazy();
  }
  for (const { frame } of stacks.values()) yield frame.lazy();
}
