/** What a run of `derive` would look at, without doing it. */

import { BARS_ROLLUP_TABLE } from '../lake/tables/bars-rollup.ts';
import { INDICATORS_TABLE } from '../lake/tables/indicators.ts';
import type { Timeframe } from '../lake/timeframe.ts';
import { type DeriveOptions, DeriveRun } from './derive-run.ts';
import type { ChangedTimes } from './input/changed-times.ts';
import { DeriveSession } from './input/derive-session.ts';
import { type InputTable, openInput } from './input/input-table.ts';

export interface Due {
  readonly table: string;
  readonly timeframe: string;
  readonly symbols: number;
  /** ISO time of the earliest bar that is new. */
  readonly since: string;
}

/** Of tables whose inputs are still to be made, only what is there already. @throws LakeError TABLE_… */
export async function whatIsDue(options: DeriveOptions): Promise<Due[]> {
  const session = await DeriveSession.open(options.memoryBytes);
  try {
    const run = new DeriveRun(options, session);
    const open = (name: string) => openInput(options.lake, name);
    const minutes = [await open('bars_1m'), await open('bar_corrections')];
    const rollup = await open(BARS_ROLLUP_TABLE.name);
    const due: Due[] = [];
    const look = async (
      output: string,
      inputs: readonly (InputTable | undefined)[],
      timeframe: Timeframe,
    ) => {
      const changed = await run.changed((await open(output))?.snapshot, inputs, timeframe);
      if (changed.byId.size > 0) due.push(dueOf(output, timeframe, changed));
    };
    await look(BARS_ROLLUP_TABLE.name, minutes, '1m');
    for (const timeframe of run.timeframes)
      await look(INDICATORS_TABLE.name, timeframe === '1m' ? minutes : [rollup], timeframe);
    return due;
  } finally {
    await session.close();
  }
}

function dueOf(table: string, timeframe: string, { byId }: ChangedTimes): Due {
  const earliestUs = [...byId.values()]
    .flatMap((days) => [...days.values()])
    .reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  return { table, timeframe, symbols: byId.size, since: new Date(earliestUs / 1000).toISOString() };
}
