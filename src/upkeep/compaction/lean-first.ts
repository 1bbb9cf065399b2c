/** How much of `--memory` is DuckDB's: little at first, and all that can be when that is not enough. */
import { messageOf } from '../../base/errors.ts';

/** Measured: Node, DuckDB itself, the rows that its Parquet writer holds, and what its allocator keeps, on top of its limit. */
const PROCESS_MIB = 176;
/** A sort that spills is no faster with more than is left then; only many wide rows need it. */
const LEAN_PROCESS_MIB = 320;
/** With less the sort of a full partition may fail. */
const LEAST_SORT_MIB = 192;

/**
 * Runs `attempt` with a limit that keeps the process well within `memoryBytes`, and once more with a higher one when
 * DuckDB ran out of it. What fails for another reason is not tried again.
 *
 * @param attempt gets DuckDB's `memory_limit`.
 */
export async function leanFirst<T>(
  memoryBytes: number,
  attempt: (memoryLimit: string) => Promise<T>,
): Promise<T> {
  const lean = limitOf(memoryBytes, LEAN_PROCESS_MIB);
  const most = limitOf(memoryBytes, PROCESS_MIB);
  try {
    return await attempt(lean);
  } catch (error) {
    if (lean === most || !/Out of Memory/i.test(messageOf(error))) throw error;
    return attempt(most);
  }
}

function limitOf(memoryBytes: number, spareMiB: number): string {
  const wholeMiB = Math.floor(memoryBytes / 2 ** 20);
  return `${Math.max(wholeMiB - spareMiB, Math.min(wholeMiB, LEAST_SORT_MIB))}MiB`;
}
