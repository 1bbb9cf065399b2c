/** What a run of `derive` would look at, without doing it. */

import type { LakeTable } from '../lake/table.ts';
import { BARS_ROLLUP_TABLE } from '../lake/tables/bars-rollup.ts';
import { FEATURES_TABLE } from '../lake/tables/features.ts';
import { INDICATORS_TABLE } from '../lake/tables/indicators.ts';
import type { Timeframe } from '../lake/timeframe.ts';
import { USUAL_FEATURE_TIMEFRAMES } from './derive-features.ts';
import { type DeriveOptions, DeriveRun } from './derive-run.ts';
import { DeriveState } from './derive-state.ts';
import type { ChangedTimes } from './input/changed-times.ts';
import { chosenNews } from './input/chosen-news.ts';
import type { InputTable } from './input/input-table.ts';
import { Watched } from './input/watched.ts';

export interface Due {
  readonly table: string;
  readonly timeframe: string;
  readonly symbols: number;
  /** ISO time of the earliest bar that is new. */
  readonly since: string;
}

/** Of tables whose inputs are still to be made, only what is there already. @throws LakeError TABLE_… */
export async function whatIsDue(options: DeriveOptions): Promise<Due[]> {
  const state = await DeriveState.open(options, false);
  try {
    const run = new DeriveRun(options, state);
    run.watched = await Watched.load(run.session.connection, await run.input('symbols'));
    const minutes = [await run.input('bars_1m'), await run.input('bar_corrections')];
    const longer = [await run.rollup()];
    const due: Due[] = [];
    const look = async (
      output: LakeTable,
      inputs: readonly (InputTable | undefined)[],
      timeframe: Timeframe,
      choice: 'watched' | 'featured' | 'any',
    ) => {
      const snapshot = (await run.input(output.name))?.snapshot;
      const { changed } =
        choice === 'any'
          ? await run.news(output, snapshot, inputs, timeframe)
          : await chosenNews(run, output, snapshot, inputs, timeframe, choice);
      if (changed.byId.size > 0) due.push(dueOf(output.name, timeframe, changed));
    };
    await look(BARS_ROLLUP_TABLE, minutes, '1m', 'any');
    const inputsOf = (timeframe: Timeframe) => (timeframe === '1m' ? minutes : longer);
    for (const timeframe of run.timeframes)
      await look(INDICATORS_TABLE, inputsOf(timeframe), timeframe, 'watched');
    for (const timeframe of options.timeframes ?? USUAL_FEATURE_TIMEFRAMES)
      await look(FEATURES_TABLE, inputsOf(timeframe), timeframe, 'featured');
    return due;
  } finally {
    await state.close();
  }
}

function dueOf(table: string, timeframe: string, { byId }: ChangedTimes): Due {
  const earliestUs = [...byId.values()]
    .flatMap((days) => [...days.values()])
    .reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  return { table, timeframe, symbols: byId.size, since: new Date(earliestUs / 1000).toISOString() };
}
