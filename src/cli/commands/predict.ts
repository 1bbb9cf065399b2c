/** `crypto-lake predict`: what models say of the next bar, with what a reader needs to judge it. */
import { LakeError } from '../../base/errors.ts';
import { requireLake } from '../../lake/lake-catalog.ts';
import { parseInstrument } from '../../learn/instrument.ts';
import type { Prediction } from '../../learn/predict/prediction.ts';
import { predictionRow } from '../../learn/predict/prediction-row.ts';
import { type Asked, Predictor } from '../../learn/predict/predictor.ts';
import type { Command, CommandContext, Flags } from '../context.ts';
import { numberFlag } from '../number-flag.ts';
import { openMetrics } from '../open-metrics.ts';
import { printRows } from '../print-rows.ts';
import { repeat } from '../repeat.ts';
import { spanFlag } from '../span-flag.ts';

/** What was missing may be stored at any moment. */
const RETRY_MS = 5000;

const COLUMNS = {
  symbol: 'name',
  price: 'float',
  price_low: 'float',
  price_high: 'float',
  last_price: 'float',
  made_at: 'time',
  predicted_for: 'time',
  age_seconds: 'float',
  skill: 'float',
  model: 'name',
  version: 'name',
  run: 'name',
  data_versions: 'name',
} as const;

export const predict: Command = async (context, flags) => {
  const { config, io, clock, signal } = context;
  const questions = questionsOf(context, flags);
  const predictor = new Predictor({ ...config, memoryBytes: config.memory, env: process.env });
  if (flags.every === undefined) {
    await requireLake(config.lake);
    const nowUs = clock.nowUs();
    return keep(context, flags, await Promise.all(questions.map((asked) => predictor.latest(asked, nowUs))));
  }
  const everyMs = spanFlag(flags, 'every', '1m');
  const done = new Map<string, number>();
  const metrics = await openMetrics(flags, { clock, command: 'predict' });
  await repeat({ everyMs, retryMs: RETRY_MS, signal, io }, async () => {
    const { made, failure } = await allOf(predictor, questions, clock.nowUs());
    const fresh = made.filter(
      ({ model, predictedForUs }) => predictedForUs > (done.get(`${model.name}@${model.version}`) ?? 0),
    );
    if (fresh.length > 0) await keep(context, flags, fresh);
    for (const { model, predictedForUs } of fresh) done.set(`${model.name}@${model.version}`, predictedForUs);
    if (failure !== undefined) throw failure;
  }).finally(() => metrics?.close());
};

function questionsOf({ config }: CommandContext, flags: Flags): Asked[] {
  const text = (name: string) => (typeof flags[name] === 'string' ? flags[name] : undefined);
  const horizon =
    flags.horizon === undefined
      ? undefined
      : numberFlag(flags, 'horizon', { least: 1, most: 1440, isWhole: true });
  return config.trainSymbols.map((symbol) => ({
    instrument: parseInstrument(symbol),
    timeframe: text('timeframe'),
    target: text('target'),
    horizon,
    model: text('model'),
    allowStale: flags.allowStale === true,
  }));
}

/** What one question gets no answer to keeps no other from its answer. */
async function allOf(predictor: Predictor, questions: readonly Asked[], nowUs: number) {
  const answers = await Promise.allSettled(questions.map((asked) => predictor.all(asked, nowUs)));
  const results = answers.flatMap((answer): PromiseSettledResult<Prediction>[] =>
    answer.status === 'fulfilled' ? answer.value : [answer],
  );
  const failures = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  return {
    made: results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    // What is no error of ours first: it ends the program.
    failure: failures.find((reason) => !(reason instanceof LakeError)) ?? failures[0],
  };
}

async function keep(
  { config, io }: CommandContext,
  flags: Flags,
  predictions: readonly Prediction[],
): Promise<void> {
  const rows = predictions.map(predictionRow);
  await printRows(
    io,
    flags,
    COLUMNS,
    rows.map((row) => ({ ...row, data_versions: JSON.stringify(row.data_versions) })),
  );
  const weak = predictions.find(({ model }) => model.skill !== null && model.skill <= 0);
  if (weak !== undefined && flags.every === undefined)
    io.say(`warning: in walk-forward \`${weak.model.name}\` was no better than "no change"`);
  if (flags.store === false) return;
  const { storePredictions } = await import('../../learn/predict/store-prediction.ts');
  await storePredictions(config.lake, predictions);
}
