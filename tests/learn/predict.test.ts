import { describe, expect, it } from 'vitest';
import { Predictor } from '../../src/learn/predict/predictor.ts';
import { storePredictions } from '../../src/learn/predict/store-prediction.ts';
import { LakeRegistry } from '../../src/learn/registry/lake-registry.ts';
import { openSession } from '../../src/query/session/open-session.ts';
import { appendPrices, MINUTE_US, START_US, walk } from '../support/price-lake.ts';
import { MEMORY, MINUTES, NOW_US, priceLake, RECIPE, train } from '../support/train-prices.ts';

const NO_MLFLOW = {
  env: {},
  mlflowTrackingUri: undefined,
  mlflowExperiment: '',
  mlflowS3Endpoint: undefined,
  mlflowToken: undefined,
  mlflowUsername: undefined,
  mlflowPassword: undefined,
};
const ASKED = { instrument: RECIPE.instrument };

function predictorOf(lake: string): Predictor {
  return new Predictor({ lake, ...MEMORY, ...NO_MLFLOW });
}

describe('a prediction', () => {
  it('says for when it is, with an interval around it, from which data and by which model', async () => {
    const lake = await priceLake();
    const { registered } = await train(lake);
    const prediction = await predictorOf(lake).latest(ASKED, NOW_US);
    expect(prediction.inputsTimeUs).toBe(NOW_US - MINUTE_US);
    expect(prediction.predictedForUs).toBe(NOW_US);
    expect(prediction.lastPrice).toBe(walk(MINUTES).at(-1));
    expect(prediction.low).toBeLessThan(prediction.price);
    expect(prediction.high).toBeGreaterThan(prediction.price);
    expect(prediction.dataVersions).toEqual({ prices: 1 });
    expect(prediction.model.run).toBe(registered.run);
  });

  it('is of the newest row as soon as that is stored', async () => {
    const lake = await priceLake();
    await train(lake);
    const predictor = predictorOf(lake);
    await predictor.latest(ASKED, NOW_US);
    await appendPrices(lake, [61_000], { startUs: NOW_US });
    const { lastPrice, inputsTimeUs } = await predictor.latest(ASKED, NOW_US + MINUTE_US / 2);
    expect([lastPrice, inputsTimeUs]).toEqual([61_000, NOW_US]);
  });

  it('is refused on inputs older than two bars, unless that is allowed', async () => {
    const lake = await priceLake();
    await train(lake);
    const predictor = predictorOf(lake);
    const laterUs = NOW_US + MINUTE_US + 1;
    await expect(predictor.latest(ASKED, laterUs)).rejects.toMatchObject({
      code: 'INPUTS_STALE',
      message: 'the newest complete inputs of BTCUSDT at 1m are 2 min old',
    });
    const { price } = await predictor.latest({ ...ASKED, allowStale: true }, laterUs);
    expect(price).toBe((await predictor.latest(ASKED, NOW_US)).price);
  });

  it('names the inputs that a hole took', async () => {
    const lake = await priceLake();
    await train(lake);
    await appendPrices(lake, [60_000], { startUs: NOW_US + 3 * MINUTE_US });
    await expect(predictorOf(lake).latest(ASKED, NOW_US + 3 * MINUTE_US + 1_000_000)).rejects.toMatchObject({
      code: 'INPUTS_STALE',
      message: expect.stringContaining('the newest row has no price_t-2, price_t-3'),
    });
  });

  it('needs a model: without one the error says how to make it', async () => {
    const lake = await priceLake();
    await expect(predictorOf(lake).latest(ASKED, NOW_US)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await train(lake, {}, { promotion: 'never' });
    const registry = new LakeRegistry({ lake, ...MEMORY });
    const [{ name = '' } = {}] = await registry.list();
    await registry.promote(name, '1', NOW_US);
    expect((await predictorOf(lake).latest(ASKED, NOW_US)).model.version).toBe('1');
  });

  it('is scored when the truth is there, once for each model and time', async () => {
    const lake = await priceLake();
    await train(lake);
    const predictor = predictorOf(lake);
    for (let minute = 0; minute < 3; minute++) {
      const nowUs = NOW_US + minute * MINUTE_US;
      const prediction = await predictor.latest(ASKED, nowUs);
      await storePredictions(lake, [prediction, { ...prediction, madeAtUs: nowUs + 1, price: 1 }]);
      await appendPrices(lake, [60_000 + minute], { startUs: nowUs });
    }
    const session = await openSession({ lake, memoryBytes: MEMORY.memoryBytes });
    const rows = await session.connection.runAndReadAll(
      'SELECT actual_price, absolute_error < 500 AS is_near, epoch_us(predicted_for)::DOUBLE AS predicted_us FROM prediction_scores ORDER BY predicted_us',
    );
    expect(rows.getRows()).toEqual(
      [0, 1, 2].map((minute) => [60_000 + minute, true, START_US + (MINUTES + minute) * MINUTE_US]),
    );
    await session.close();
  });
});
