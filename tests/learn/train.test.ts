import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint/write-checkpoint.ts';
import { cleanUpLog } from '../../src/delta/maintenance/log-cleanup.ts';
import { vacuumTable } from '../../src/delta/maintenance/vacuum.ts';
import { openTable } from '../../src/lake/open-table.ts';
import { PRICE_LAGS } from '../../src/learn/data/prices-query.ts';
import { LakeRegistry } from '../../src/learn/registry/lake-registry.ts';
import { replayRun } from '../../src/learn/replay-run.ts';
import { compactTable } from '../../src/upkeep/compaction/compact-table.ts';
import { appendPrices, MINUTE_US, START_US, walk } from '../support/price-lake.ts';
import { MEMORY, MINUTES, NOW_US, priceLake, train } from '../support/train-prices.ts';

const COMPACTION = {
  clusterBy: ['symbol', 'collected_at'],
  curve: 'none',
  targetBytes: 128e6,
  memoryBytes: MEMORY.memoryBytes,
  all: true,
  only: undefined,
  dryRun: false,
} as const;

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

  it('is repeated to the bit from the pinned versions, after a restatement of old rows, compaction and vacuum months later', async () => {
    const lake = await priceLake();
    const { registered } = await train(lake);
    await appendPrices(lake, walk(60, 99), { startUs: START_US + 30 * MINUTE_US - 1 });
    const model = registered.model;
    if (model === undefined) throw new Error('it is ours');
    const table = await openTable(join(lake, 'prices'));
    const signal = new AbortController().signal;
    const nowMs = Date.now() + 60 * 86_400_000;
    await compactTable(table, { ...COMPACTION, nowMs, signal });
    await writeCheckpoint(table, { nowMs });
    await cleanUpLog(table, nowMs);
    await vacuumTable(table, { nowMs, dryRun: false });
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

  it('judges a champion without what it knew: made anew by the same folds where nothing is new to it', async () => {
    const lake = await priceLake();
    await train(lake);
    const again = await train(lake, { seed: 2 });
    const [, ours, theirs] = /RMSE ([\d.]+) against ([\d.]+)$/.exec(again.promotion) ?? [];
    expect(again.registered.isChampion).toBe(false);
    expect(ours).toBe(theirs);
  });

  it('judges a champion on the bars that came after it, where there are thirty or more', async () => {
    const lake = await priceLake();
    await train(lake, { cutUs: NOW_US - 100 * MINUTE_US });
    const { promotion } = await train(lake);
    expect(promotion).toMatch(/version 1 on the same 99 rows: RMSE/);
  });

  it('does not compare what was made of other rows, and says how to take it all the same', async () => {
    const lake = await priceLake();
    const { registered } = await train(lake);
    const registry = new LakeRegistry({ lake, ...MEMORY });
    const model = registered.model;
    if (model === undefined) throw new Error('it is ours');
    const other = { ...model, recipe: { ...model.recipe, source: 'features' as const } };
    registry.champion = async () => ({ ...registered, model: other });
    expect((await train(lake, {}, { registry })).promotion).toBe(
      'not promoted: version 1 cannot be judged on these rows; `--promote always` takes this one',
    );
  });

  it('sees nothing that was known after the cut, whatever it says of the time before', async () => {
    const lake = await priceLake();
    const { trained: before } = await train(lake);
    // Received after the cut: other prices for old minutes, earlier in each minute, and new minutes.
    await appendPrices(lake, walk(MINUTES + 50, 11), { startUs: START_US - 1000, receivedUs: NOW_US + 1 });
    const { trained: after } = await train(lake);
    expect(after.model.coefficients).toEqual(before.model.coefficients);
    expect(after.model.score).toEqual(before.model.score);
  });

  it('takes no row over a hole', async () => {
    const prices: (number | null)[] = walk(MINUTES);
    prices[200] = null;
    const { trained } = await train(await priceLake(prices));
    // The hole itself, the nine after it that lack a lag or the average, and the one before it without a label.
    expect(trained.model.rows).toBe(MINUTES - 10 - 11);
  });

  it('predicts returns too, further ahead, and names what it left out', async () => {
    const lake = await priceLake(walk(MINUTES).map((price, minute) => (minute % 2 === 0 ? price : 60_000)));
    const { trained } = await train(lake, { target: 'return', horizon: 3 });
    expect(trained.model.name).toBe('BTCUSDT.1m.return.3');
    expect(Math.abs(trained.model.intercept)).toBeLessThan(10);
    expect(trained.judged.row(0).noChange).toBe(0);
  });

  it('forgets a deleted model with its files and its pins', async () => {
    const lake = await priceLake();
    const { registered } = await train(lake);
    const registry = new LakeRegistry({ lake, ...MEMORY });
    await registry.remove(registered.name, registered.version);
    expect(await registry.list()).toEqual([]);
    expect(await readdir(join(lake, 'prices/_pins'))).toEqual([]);
    await expect(registry.find(registered.name, '1')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });
});
