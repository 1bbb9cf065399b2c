/** Rows of a series that follow each other without a hole. */
import { RecentRows } from './recent/recent-rows.ts';
import { type ResultTable, timesOf } from './result-table.ts';

/** From the time of its first row to where the one behind its last would begin, in microseconds. */
export interface Run {
  readonly fromUs: bigint;
  readonly toUs: bigint;
}

export function runsOf(rows: ResultTable, timeColumn: string, stepUs: bigint): Run[] {
  if (rows instanceof RecentRows) return rows.runs(Number(stepUs));
  const runs: { fromUs: bigint; toUs: bigint }[] = [];
  for (const timeUs of timesOf(rows, timeColumn)) {
    const last = runs.at(-1);
    if (last?.toUs === timeUs) last.toUs += stepUs;
    else runs.push({ fromUs: timeUs, toUs: timeUs + stepUs });
  }
  return runs;
}
