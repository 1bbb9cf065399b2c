import { describe, expect, it } from 'vitest';
import { MlflowClient } from '../../src/learn/mlflow/mlflow-client.ts';
import { Predictor } from '../../src/learn/predict/predictor.ts';
import { MlflowRegistry } from '../../src/learn/registry/mlflow-registry.ts';
import { type Trained, trainModel } from '../../src/learn/train-model.ts';
import { FakeMlflow } from '../support/fake-mlflow.ts';
import { MEMORY, NOW_US, priceLake, RECIPE, train } from '../support/train-prices.ts';

function registryOf(lake: string, url: string, nowMs = () => NOW_US / 1000) {
  const client = new MlflowClient({ url, token: 'secret-token' });
  return new MlflowRegistry({
    lake,
    client,
    experiment: 'bitcoin_prediction_s3',
    s3Endpoint: undefined,
    env: {},
    nowMs,
  });
}

async function trainedModel(lake: string): Promise<Trained> {
  return trainModel({ lake, ...MEMORY, recipe: RECIPE, madeAtUs: NOW_US });
}

describe('a registry in MLflow', () => {
  it('keeps a model with files, version and alias, and gives the same back', async () => {
    const [fake, lake] = [await new FakeMlflow().start(), await priceLake()];
    const registry = registryOf(lake, fake.url);
    const { registered } = await train(lake, {}, { registry });
    expect(fake.runs.get(registered.run)?.status).toBe('FINISHED');
    expect(fake.aliases.get('BTCUSDT.1m.next-price.1')).toBe('1');
    expect(fake.ready.size).toBe(1);
    expect(await registry.champion(registered.name)).toEqual(registered);
    expect([...(await registry.files(registered.name, '1')).keys()]).toContain('model.onnx');
    expect(fake.headers.every(({ authorization }) => authorization === 'Bearer secret-token')).toBe(true);
  });

  it('is asked before training: without an answer nothing is begun, and the error says what to do', async () => {
    const lake = await priceLake();
    const registry = registryOf(lake, 'http://127.0.0.1:9');
    await expect(train(lake, {}, { registry })).rejects.toMatchObject({ code: 'MLFLOW_UNREACHABLE' });
  });

  it('refuses an experiment whose artifacts lie on a disk of the server', async () => {
    const [fake, lake] = [await new FakeMlflow().start(), await priceLake()];
    fake.artifactLocation = '/srv/mlruns/1';
    const registry = registryOf(lake, fake.url);
    await expect(train(lake, {}, { registry })).rejects.toMatchObject({ code: 'MLFLOW_REFUSED' });
    expect(fake.runs.size).toBe(0);
  });

  it.each([false, true])(
    'leaves a run that says FAILED wherever the connection breaks, and a repeat works (call carried out: %s)',
    async (isCarriedOut) => {
      const lake = await priceLake();
      const trained = await trainedModel(lake);
      const counting = await new FakeMlflow().start();
      const whole = registryOf(lake, counting.url);
      await whole.check();
      const first = counting.calls.length;
      await whole.register(trained, true);
      for (let call = first; call < counting.calls.length; call++) {
        const fake = await new FakeMlflow().start();
        const registry = registryOf(lake, fake.url);
        await registry.check();
        fake.dropAt = { call, isCarriedOut };
        const outcome = registry.register(trained, true);
        await expect(outcome, counting.calls[call]).rejects.toMatchObject({ code: 'MLFLOW_UNREACHABLE' });
        const isLast = call === counting.calls.length - 1;
        fake.dropAt = undefined;
        const later = registryOf(lake, fake.url, () => NOW_US / 1000 + 120_000);
        await later.check();
        // The last call makes the run whole; whether its answer comes is no matter.
        const expected = isLast && isCarriedOut ? ['FINISHED'] : fake.runs.size === 0 ? [] : ['FAILED'];
        expect(
          [...fake.runs.values()].map(({ status }) => status),
          counting.calls[call],
        ).toEqual(expected);
        const again = await later.register(trained, true);
        expect(fake.runs.get(again.run)?.status).toBe('FINISHED');
        expect(fake.aliases.get(again.name)).toBe(again.version);
      }
    },
    20_000,
  );

  it('answers with what it can serve where others keep another kind of model under such a name, else names that', async () => {
    const [fake, lake] = [await new FakeMlflow().start(), await priceLake()];
    const registry = registryOf(lake, fake.url);
    const name = 'BTCUSDT.1m.next-price.9';
    fake.names.add(name);
    fake.aliases.set(name, '1');
    fake.versions.push({ name, version: '1', source: 'mlflow-artifacts:/1/forest', run_id: 'x', tags: [] });
    const all = () => registry.champions(() => true);
    await expect(all()).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: `version 1 of \`${name}\` cannot be served: it has no \`model.onnx\``,
    });
    const { registered } = await train(lake, {}, { registry });
    expect(await all()).toEqual([registered]);
  });

  it('serves its champion to predictions', async () => {
    const [fake, lake] = [await new FakeMlflow().start(), await priceLake()];
    const { registered } = await train(lake, {}, { registry: registryOf(lake, fake.url) });
    const predictor = new Predictor({
      lake,
      ...MEMORY,
      env: {},
      mlflowTrackingUri: fake.url,
      mlflowExperiment: 'bitcoin_prediction_s3',
      mlflowS3Endpoint: undefined,
      mlflowToken: undefined,
      mlflowUsername: undefined,
      mlflowPassword: undefined,
    });
    const { model, price } = await predictor.latest({ instrument: RECIPE.instrument }, NOW_US);
    expect(model.run).toBe(registered.run);
    expect(price).toBeGreaterThan(59_000);
  });
});
