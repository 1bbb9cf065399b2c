/** `crypto-lake predict`: what a model says of the next bar, with what a reader needs to judge it. */
import { parseInstrument } from '../../learn/instrument.ts';
import { predictionRow } from '../../learn/predict/prediction-row.ts';
import { Predictor } from '../../learn/predict/predictor.ts';
import type { Command } from '../context.ts';
import { numberFlag } from '../number-flag.ts';
import { printRows } from '../print-rows.ts';
import { repeat } from '../repeat.ts';
import { requiredFlag } from '../required-flag.ts';
import { spanFlag } from '../span-flag.ts';

/** A bar is stored some seconds after it closed. */
const DELAY_MS = 10_000;

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

export const predict: Command = async ({ config, io, clock, signal }, flags) => {
  const predictor = new Predictor({ ...config, memoryBytes: config.memory, env: process.env });
  const text = (name: string) => (typeof flags[name] === 'string' ? flags[name] : undefined);
  const once = async () => {
    const prediction = await predictor.latest(
      {
        instrument: parseInstrument(requiredFlag(flags, 'symbol', 'BTCUSDT')),
        timeframe: text('timeframe'),
        target: text('target'),
        horizon:
          flags.horizon === undefined
            ? undefined
            : numberFlag(flags, 'horizon', { least: 1, most: 1440, isWhole: true }),
        model: text('model'),
        allowStale: flags.allowStale === true,
      },
      clock.nowUs(),
    );
    const row = predictionRow(prediction);
    await printRows(io, flags, COLUMNS, [{ ...row, data_versions: JSON.stringify(row.data_versions) }]);
    if (prediction.model.skill !== null && prediction.model.skill <= 0)
      io.say('warning: in walk-forward this model was no better than "no change"');
    if (flags.store === false) return;
    const { storePredictions } = await import('../../learn/predict/store-prediction.ts');
    await storePredictions(config.lake, [prediction]);
  };
  if (flags.every === undefined) return once();
  await repeat({ everyMs: spanFlag(flags, 'every', '1m'), delayMs: DELAY_MS, signal, io }, once);
};
