/** One run of `derive`: longer bars, then what is made of bars of all lengths. Each table gets one commit, or none. */
import { deriveFeatures } from './derive-features.ts';
import { deriveIndicators } from './derive-indicators.ts';
import { deriveQuality } from './derive-quality.ts';
import { deriveRollups } from './derive-rollups.ts';
import { type DerivedTable, type DeriveOptions, DeriveRun } from './derive-run.ts';
import { BarSource } from './input/bar-source.ts';
import { DeriveSession } from './input/derive-session.ts';
import { openInput } from './input/input-table.ts';
import { Listening } from './input/listening.ts';

/** @returns nothing for a lake that has no bars yet. @throws LakeError TABLE_…, COMMIT_CONFLICT. */
export async function deriveLake(options: DeriveOptions): Promise<DerivedTable[]> {
  const session = await DeriveSession.open(options.memoryBytes, options.scratchPlaces);
  try {
    const run = new DeriveRun(options, session);
    const { lake, outputLake = lake, knownUntilUs } = options;
    const bars1m = await openInput(lake, 'bars_1m');
    // Nothing is made of nothing: the lake may be a mistyped one.
    if (bars1m === undefined) return [];
    const corrections = await openInput(lake, 'bar_corrections');
    const coverage = await openInput(lake, 'coverage');
    const listening = await Listening.load(session.connection, coverage, 'bars');
    const minutes = new BarSource(
      session.connection,
      { bars1m, corrections, rollup: undefined },
      run.symbols,
    );
    const rollups = await deriveRollups(run, { bars1m, corrections, rollup: undefined }, minutes, listening);
    const inputs = { bars1m, corrections, rollup: await openInput(outputLake, 'bars_rollup') };
    const source = new BarSource(session.connection, inputs, run.symbols, knownUntilUs);
    const indicators = await deriveIndicators(run, inputs, source);
    const liquidation = await openInput(lake, 'liquidation');
    const features = await deriveFeatures(run, { ...inputs, liquidation, coverage }, source);
    const made = [rollups, indicators, features];
    if (options.thresholds === undefined) return made;
    const looked = [bars1m, await openInput(lake, 'prices')].filter((input) => input !== undefined);
    return [...made, await deriveQuality(run, looked, options.thresholds)];
  } finally {
    await session.close();
  }
}
