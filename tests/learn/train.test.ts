import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PRICE_LAGS } from '../../src/learn/data/prices-query.ts';
import { LakeRegistry } from '../../src/learn/registry/lake-registry.ts';
import { replayRun } from '../../src/learn/replay-run.ts';
import { appendPrices, MINUTE_US, START_US, walk } from '../support/price-lake.ts';
import { MEMORY, MINUTES, priceLake, train } from '../support/train-prices.ts';

describe('training on polled prices', () => {
  it('learns the rule that the prices follow, and keeps the model with its files', async () => {
    const lake = await priceLake();
    const { registered, trained } = await train(lake);
    expect(registered).toMatchObject({ name: 'BTCUSDT.1m.next-price.1', version: '1', isChampion: true });
    expect(trained.model.features).toEqual(PRICE_LAGS);
    expect(trained.model.rows).toBe(MINUTES - 10);
    expect(trained.model.score.rmse).toBeLessThan(60);
    const [folder = ''] = await readdir(join(lake, 'models/_artifacts'));
    expect(await readdir(join(lake, 'models/_artifacts', folder))).toContain('model.onnx');
  });

  it('is repeated to the bit from the pinned versions, after more rows and a restatement of old ones', async () => {
    const lake = await priceLake();
    const { registered } = await train(lake);
    await appendPrices(lake, walk(60, 99), { startUs: START_US + 30 * MINUTE_US - 1 });
    const model = registered.model;
    if (model === undefined) throw new Error('it is ours');
    expect((await replayRun(model, { lake, ...MEMORY })).differences).toEqual([]);
    const [pin = ''] = await readdir(join(lake, 'prices/_pins'));
    expect(JSON.parse(await readFile(join(lake, 'prices/_pins', pin), 'utf8'))).toEqual({ version: 1 });
  });

  it('says how many rows are there when they are too few', async () => {
    const lake = await priceLake(walk(40));
    await expect(train(lake)).rejects.toMatchObject({
      code: 'TRAINING_ROWS',
      message: '40 complete rows of BTCUSDT at 1m are in `prices`; 50 are needed for 6 features',
    });
  });

  it('moves the champion only to a model that is better on the same rows', async () => {
    const lake = await priceLake();
    await train(lake);
    const worse = await train(lake, { features: ['price_t-5'] });
    expect(worse.registered.isChampion).toBe(false);
    expect(worse.promotion).toMatch(/^not promoted: not better than version 1 on the same \d+ rows: RMSE/);
    expect(
      (await train(lake, { features: ['price_t-5'] }, { promotion: 'always' })).registered.isChampion,
    ).toBe(true);
    const registry = new LakeRegistry({ lake, ...MEMORY });
    const champions = (await registry.list()).filter(({ isChampion }) => isChampion);
    expect(champions.map(({ version }) => version)).toEqual(['3']);
    const better = await train(lake);
    expect(better.promotion).toMatch(/^champion: better than version 3/);
  });
});
