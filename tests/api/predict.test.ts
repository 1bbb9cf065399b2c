import { describe, expect, it } from 'vitest';
import { MINUTE_US } from '../../src/lake/timeframe.ts';
import { instrumentText } from '../../src/learn/instrument.ts';
import { type ApiServer, apiServer } from '../support/api-server.ts';
import { appendPrices, walk } from '../support/price-lake.ts';
import { temporaryFolder } from '../support/program.ts';
import { RECIPE, train } from '../support/train-prices.ts';

const PRICES = walk(200);

/** Polled each minute until this one, of one symbol; of another until an hour ago. */
async function predictedLake(): Promise<string> {
  const lake = await temporaryFolder();
  const endUs = (Math.floor(Date.now() / 60_000) + 1) * MINUTE_US;
  const spans = { BTCUSDT: endUs, ETHUSDT: endUs - 60 * MINUTE_US };
  for (const [symbol, untilUs] of Object.entries(spans)) {
    const startUs = untilUs - PRICES.length * MINUTE_US;
    await appendPrices(lake, PRICES, { startUs, symbol });
    await train(lake, { instrument: { market: 'spot', symbol }, sinceUs: startUs, cutUs: untilUs });
  }
  return lake;
}

describe('/price/predict', () => {
  it('says price, interval, for when, by which model and data, and how good that is; then is refused or allowed', async () => {
    const api: ApiServer = await apiServer(await predictedLake());
    try {
      const answer = await api.json('/price/predict');
      expect(answer).toMatchObject({
        symbol: instrumentText(RECIPE.instrument),
        last_price: PRICES.at(-1),
        model: 'BTCUSDT.1m.next-price.1',
        version: '1',
        run: expect.stringMatching(/^[0-9a-f]{32}$/),
        data_versions: { prices: expect.any(Number) },
        skill: expect.any(Number),
      });
      const { price, price_low: low, price_high: high, made_at: madeAt, age_seconds: age } = answer;
      expect([Number(low) < Number(price), Number(price) < Number(high)]).toEqual([true, true]);
      const newestMs = Date.parse(String(madeAt)) - Number(age) * 1000;
      expect(Math.abs(Date.parse(String(answer.predicted_for)) - newestMs - 60_000)).toBeLessThan(5);

      const stale = await api.get('/price/predict?symbol=ETHUSDT');
      expect([stale.status, await stale.json()]).toMatchObject([503, { code: 'INPUTS_STALE' }]);
      const allowed = await api.json('/price/predict?symbol=ETHUSDT&allow_stale=true');
      expect(Number(allowed.age_seconds)).toBeGreaterThan(3000);
      const none = await api.get('/price/predict?symbol=BTCUSDT&timeframe=5m');
      expect([none.status, await none.json()]).toMatchObject([404, { code: 'MODEL_NOT_FOUND' }]);
    } finally {
      await api.close();
    }
  }, 30_000);
});
