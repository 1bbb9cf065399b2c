/** The second thread of a run, for the periods of one table and length, where they are enough to be worth it. */
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import type { DeltaTable } from '../../delta/delta-table.ts';
import { DAY_US, lengthUsOf, type Timeframe } from '../../lake/timeframe.ts';
import type { DeriveRun } from '../derive-run.ts';
import type { InputTable } from '../input/input-table.ts';
import type { News } from '../input/news.ts';
import type { SharedTable } from './period-request.ts';
import { PeriodThread } from './period-thread.ts';

/** Bars from which on a second thread is worth its start and its memory: a feature costs five times an indicator. */
const LEAST_BARS: Readonly<Record<SharedTable, number>> = { indicators: 300_000, features: 60_000 };

/**
 * How much a heap grows until it is marked again. Rows are in arrays outside of it: for each 20 MB of them V8 would mark all
 * that lives, of both threads, a hundred times in a run of 30 symbols and two months. The rows of features are so wide that
 * memory counts more; 0: as V8 would have it.
 */
const GROWING_PERCENT: Readonly<Record<SharedTable, number>> = { indicators: 150, features: 0 };

interface SharedPeriods {
  readonly table: SharedTable;
  readonly timeframe: Timeframe;
  readonly output: DeltaTable;
  readonly inputs: readonly (InputTable | undefined)[];
  /** That of `bars_1m`. */
  readonly inputsVersion: number;
  readonly news: News;
}

/** @returns undefined for a few bars, for one processor, and for a run that others follow, which keeps what it computes. */
export function startPeriodThread(
  { options, state, session, symbols }: DeriveRun,
  { table, timeframe, output, inputs, inputsVersion, news }: SharedPeriods,
): PeriodThread | undefined {
  let days = 0;
  for (const times of news.changed.byId.values()) days += times.size;
  const isMuch = days * (DAY_US / lengthUsOf(timeframe)) >= (options.sharedBars ?? LEAST_BARS[table]);
  if (!isMuch || state.kept !== undefined || availableParallelism() < 2) return undefined;
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT[table]}`);
  const present = inputs.filter((input) => input !== undefined);
  return new PeriodThread({
    inputs: new Map(
      present.map(({ name, store, snapshot }) => [
        name,
        { location: store.location, snapshot: { ...snapshot, tombstones: new Map() } },
      ]),
    ),
    output: { location: output.store.location, metadata: output.metadata },
    table,
    timeframe,
    keys: symbols.keys,
    changed: news.changed.byId,
    inputsVersion,
    knownUntilUs: options.knownUntilUs,
    nowMs: options.nowMs,
    memoryBytes: options.memoryBytes / 2,
    scratch: session.scratch,
  });
}
