/**
 * Finds the digits of rows in memory before anybody asks for them, a little at a time: who asks first would wait for those
 * of all the rows that he gets, and everybody behind him.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { settleContent } from './row-content.ts';
import type { RowLayout } from './row-layout.ts';
import type { SeriesRows } from './series-rows.ts';

/** A fifth of a core at most, and nobody waits for longer than a piece. */
const PIECE_MS = 1;
const PAUSE_MS = 4;
/** The clock is looked at after so many rows. */
const ROWS_AT_ONCE = 32;

/** @param isWanted false ends it. @throws AbortError when the signal does. */
export async function settleAhead(
  series: Iterable<SeriesRows>,
  { width, doubles }: Pick<RowLayout, 'width' | 'doubles'>,
  isWanted: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  let endMs = performance.now() + PIECE_MS;
  for (const rows of series) {
    // The newest ones are asked for first. Rows may come, go and move while it pauses.
    for (let end = rows.length; end > 0; end = Math.min(end - ROWS_AT_ONCE, rows.length)) {
      const { cells } = rows;
      const row = { cells, words: new Uint32Array(cells.buffer), width, doubles };
      for (let index = Math.max(0, end - ROWS_AT_ONCE); index < end; index++)
        settleContent(row, index * width);
      if (performance.now() < endMs) continue;
      await pause(PAUSE_MS, undefined, { signal, ref: false });
      if (!isWanted()) return;
      endMs = performance.now() + PIECE_MS;
    }
  }
}
