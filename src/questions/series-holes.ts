/** Times in which a series has no row though it should: between rows, before the first and after the last one. */
import { type Hole, isoOf, type Span } from './list-answer.ts';
import type { Run } from './series-runs.ts';

export interface HolesQuestion {
  readonly runs: readonly Run[];
  /** What the page covers: from the end of the row before it, if there is one, to what is complete. */
  readonly span: Span;
  /** Stocks have nights and weekends: only a hole within one day is one. */
  readonly isWithinDays: boolean;
}

const DAY_US = 86_400_000_000n;

export function seriesHoles({ runs, span, isWithinDays }: HolesQuestion): Hole[] {
  const holes: Hole[] = [];
  let expectedUs = span.fromUs;
  const add = (fromUs: bigint, toUs: bigint) => {
    if (toUs <= fromUs || (isWithinDays && fromUs / DAY_US !== (toUs - 1n) / DAY_US)) return;
    holes.push({ from: isoOf(fromUs), to: isoOf(toUs) });
  };
  for (const { fromUs, toUs } of runs) {
    if (expectedUs !== undefined) add(expectedUs, fromUs);
    expectedUs = toUs;
  }
  if (expectedUs !== undefined && span.toUs !== undefined && !isWithinDays) add(expectedUs, span.toUs);
  return holes;
}
