/** One run of `derive`: longer bars, then what is made of bars of all lengths. Each table gets one commit, or none. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BackOff } from '../base/back-off.ts';
import { LakeError } from '../base/errors.ts';
import { deriveFeatures } from './derive-features.ts';
import { DeriveIndicators } from './derive-indicators.ts';
import { deriveQuality, type QualityBeside, type QualityInputs } from './derive-quality.ts';
import { deriveRollups, type RollupInputs } from './derive-rollups.ts';
import { type DerivedTable, type DeriveOptions, DeriveRun } from './derive-run.ts';
import { DeriveState } from './derive-state.ts';
import { BarSource } from './input/bar-source.ts';
import { DayTurns } from './input/day-turns.ts';
import { Watched } from './input/watched.ts';

/** Upkeep may merge what a run rewrites, a partition after the other; some seconds later it is at another table. */
const MOST_RUNS = 10;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5000;

/** @returns nothing for a lake that has no bars yet. @throws LakeError TABLE_…, COMMIT_CONFLICT. */
export async function deriveLake(options: DeriveOptions): Promise<DerivedTable[]> {
  const backOff = new BackOff(FIRST_PAUSE_MS, MAX_PAUSE_MS);
  for (let runs = 1; ; runs++) {
    const state = await DeriveState.open(options, false);
    try {
      return await deriveOnce(new DeriveRun(options, state));
    } catch (error) {
      const isOver = !(error instanceof LakeError) || error.code !== 'COMMIT_CONFLICT' || runs === MOST_RUNS;
      if (isOver) throw error;
    } finally {
      await state.close();
    }
    await sleep(backOff.nextMs(), undefined, { signal: options.signal });
  }
}

/** A run on a state that may have seen others. @throws as {@link deriveLake}; the state is of no use then. */
export async function deriveOnce(run: DeriveRun): Promise<DerivedTable[]> {
  const { session } = run;
  const { knownUntilUs } = run.options;
  const bars1m = await run.input('bars_1m');
  const prices = await run.input('prices');
  // Nothing is made of nothing: the lake may be a mistyped one.
  if (bars1m === undefined) return prices === undefined ? [] : quality(run, { bars1m, prices });
  const corrections = await run.input('bar_corrections');
  const coverage = await run.input('coverage');
  run.watched = await watchedNow(run);
  const minutes = { bars1m, corrections, rollup: undefined };
  const indicators = await DeriveIndicators.begin(run, minutes);
  try {
    const source = new BarSource(session, minutes, run.symbols, knownUntilUs);
    const rolling = { bars1m, corrections, coverage };
    // Bars of this minute wait for their indicators, not for the checks. Those of months are looked at all together.
    const [rolled, checked] = indicators.isShared
      ? await together(run, indicators, { ...rolling, prices }, source)
      : [await deriveRollups(run, rolling, source)];
    const made = [rolled];
    const inputs = { bars1m, corrections, rollup: await run.rollup() };
    const longer = new BarSource(session, inputs, run.symbols, knownUntilUs);
    made.push(await indicators.finish(inputs, longer));
    const liquidation = await run.input('liquidation');
    made.push(await deriveFeatures(run, { ...inputs, liquidation, coverage }, longer));
    return [...made, ...(checked ?? (await quality(run, { bars1m, prices })))];
  } finally {
    await indicators.close();
  }
}

/** A day is read once for all; for the checks too, where no bar was corrected. */
async function together(
  run: DeriveRun,
  indicators: DeriveIndicators,
  inputs: RollupInputs & QualityInputs,
  source: BarSource,
): Promise<[DerivedTable, DerivedTable[]]> {
  const turns = new DayTurns();
  const isAsKnown = inputs.corrections === undefined;
  const [toRoll, toMake, toCheck] = [turns.join(), turns.join(), isAsKnown ? turns.join() : undefined];
  const rolled = deriveRollups(run, inputs, source, toRoll).finally(() => toRoll.end());
  const checked = quality(run, inputs, isAsKnown ? source : undefined, { turn: toCheck, after: rolled });
  const all = [rolled, checked.finally(() => toCheck?.end()), indicators.beside(source, toMake)] as const;
  const [rollups, findings] = await Promise.all(all);
  return [rollups, findings];
}

/** Read again when the list has another version. */
async function watchedNow(run: DeriveRun): Promise<Watched> {
  const { state, session } = run;
  const symbols = await run.input('symbols');
  if (state.watched?.table?.snapshot.version !== symbols?.snapshot.version || state.watched === undefined)
    state.watched = await Watched.load(session.connection, symbols);
  return state.watched;
}

/** @param source of bars as they were first known. */
async function quality(
  run: DeriveRun,
  inputs: QualityInputs,
  source = asFirstKnown(run, inputs),
  beside?: QualityBeside,
): Promise<DerivedTable[]> {
  const { thresholds } = run.options;
  if (thresholds === undefined) return [];
  return [await deriveQuality(run, inputs, source, thresholds, beside)];
}

function asFirstKnown({ session, symbols }: DeriveRun, { bars1m }: QualityInputs): BarSource {
  return new BarSource(session, { bars1m, corrections: undefined, rollup: undefined }, symbols);
}
