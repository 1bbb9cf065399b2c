/** `crypto-lake train`: a linear model on features or lags, judged beside "no change", and kept. */
import { LakeError } from '../../base/errors.ts';
import { parseMoment } from '../../base/time-text.ts';
import { requireLake } from '../../lake/lake-catalog.ts';
import { isTimeframe, TIMEFRAMES, type Timeframe } from '../../lake/timeframe.ts';
import { chooseSource } from '../../learn/choose-source.ts';
import { type Instrument, parseInstrument } from '../../learn/instrument.ts';
import type { Recipe } from '../../learn/recipe.ts';
import { openRegistry } from '../../learn/registry/open-registry.ts';
import { releaseOldPins } from '../../learn/registry/release-old-pins.ts';
import { replayRun } from '../../learn/replay-run.ts';
import { type Promotion, runTraining } from '../../learn/run-training.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { makeLake } from '../make-lake.ts';
import { numberFlag } from '../number-flag.ts';
import { openMetrics } from '../open-metrics.ts';
import { repeat } from '../repeat.ts';
import { showTraining, writeTrainingPlot } from '../show/training-report.ts';
import { spanFlag } from '../span-flag.ts';

export const train: Command = async (context, flags) => {
  const { config, io, clock, signal } = context;
  if (flags.plot !== undefined)
    (await import('../../charts/plot/write-plot.ts')).checkPlotFile(String(flags.plot));
  const options = { lake: config.lake, memoryBytes: config.memory, signal };
  if (flags.every === undefined) await requireLake(config.lake);
  const registry = await openRegistry({ ...config, memoryBytes: config.memory, env: process.env });
  if (typeof flags.replay === 'string') return replay(context, flags, flags.replay);
  const symbols = config.trainSymbols.map(parseInstrument);
  await makeLake(config);
  const one = async (instrument: Instrument) => {
    const training = await runTraining({
      ...options,
      registry,
      recipe: await recipeOf(context, flags, instrument),
      promotion: flags.promote as Promotion,
      nowUs: clock.nowUs(),
    });
    await showTraining(io, flags, training);
    if (flags.plot !== undefined) await writeTrainingPlot(io, flags, training.trained);
    if (flags.every !== undefined) await releaseOldPins(config.lake, registry, training.registered.name);
  };
  if (flags.every === undefined) {
    for (const instrument of symbols) await one(instrument);
    return;
  }
  const everyMs = spanFlag(flags, 'every', '1d');
  // One after the other, each with its own schedule: rows that one symbol lacks keep no other from its training.
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (instrument: Instrument) => {
    const training = turn.then(() => one(instrument));
    turn = training.catch(() => undefined);
    return training;
  };
  const metrics = await openMetrics(flags, { clock, command: 'train' });
  const trainings = symbols.map((instrument) => repeat({ everyMs, signal, io }, () => inTurn(instrument)));
  await Promise.all(trainings).finally(() => metrics?.close());
};

async function replay({ config, io, signal }: CommandContext, flags: Flags, run: string): Promise<void> {
  const registry = await openRegistry({ ...config, memoryBytes: config.memory, env: process.env });
  const found = (await registry.list()).find((model) => model.run === run);
  if (found?.model === undefined) {
    throw new LakeError('MODEL_NOT_FOUND', `${registry.place} has no run \`${run.slice(0, 64)}\` of ours`, {
      hint: 'see `crypto-lake models list`',
    });
  }
  const { trained, differences } = await replayRun(found.model, {
    lake: config.lake,
    memoryBytes: config.memory,
    signal,
  });
  if (differences.length > 0) {
    throw new LakeError('CHECK_FAILED', `the run was not repeated: ${differences.join(', ')} differ`, {
      hint: `it was trained by crypto-lake ${found.model.codeVersion}, this is ${trained.model.codeVersion}`,
    });
  }
  await showTraining(io, flags, {
    registered: found,
    trained,
    promotion: `replayed: the same ${found.coefficients.length} coefficients and scores to the bit`,
  });
}

async function recipeOf(
  { config, clock }: CommandContext,
  flags: Flags,
  instrument: Instrument,
): Promise<Recipe> {
  const nowMs = Math.floor(clock.nowUs() / 1000);
  const cutMs = typeof flags.until === 'string' ? parseMoment(flags.until, nowMs) : nowMs;
  const asked = {
    instrument,
    timeframe: timeframeFlag(flags),
    sinceUs: Math.round(parseMoment(String(flags.since), nowMs) * 1000),
    cutUs: Math.round(cutMs * 1000),
  };
  if (asked.sinceUs >= asked.cutUs) {
    throw new LakeError('USAGE', '`--since` is not before `--until`', { hint: 'for example `--since 30d`' });
  }
  const numbers = {
    horizon: numberFlag(flags, 'horizon', { least: 1, most: 1440, isWhole: true }),
    ridge: numberFlag(flags, 'ridge', { least: 0, most: 1e12, isWhole: false }),
    folds: numberFlag(flags, 'folds', { least: 1, most: 100, isWhole: true }),
    seed: numberFlag(flags, 'seed', { least: 0, most: 2 ** 32 - 1, isWhole: true }),
  };
  const features = featuresFlag(String(flags.features));
  const chosen = await chooseSource(
    { lake: config.lake, memoryBytes: config.memory },
    { ...asked, features },
  );
  return { ...asked, ...numbers, target: flags.target as Recipe['target'], ...chosen };
}

function timeframeFlag({ timeframe }: Flags): Timeframe {
  if (typeof timeframe === 'string' && isTimeframe(timeframe)) return timeframe;
  throw new LakeError('USAGE', '`--timeframe` is not one that there is', { hint: TIMEFRAMES.join(', ') });
}

function featuresFlag(text: string): 'lags' | 'all' | readonly string[] {
  if (text === 'lags' || text === 'all') return text;
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  if (names.length > 0) return names;
  throw new LakeError('USAGE', '`--features` names none', {
    hint: '`lags`, `all`, or names of columns of `features`',
  });
}
