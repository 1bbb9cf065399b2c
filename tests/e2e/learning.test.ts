import { describe, expect, it } from 'vitest';
import { appendPrices, MINUTE_US, walk } from '../support/price-lake.ts';
import { eventually, query, run, start, temporaryFolder } from '../support/program.ts';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const minuteNow = () => Math.floor(Date.now() / 60_000);

/** A lake that is polled each minute until the one before this, of two symbols. */
async function recentLake() {
  const lake = await temporaryFolder();
  let next = minuteNow();
  for (const symbol of SYMBOLS)
    await appendPrices(lake, walk(200), { startUs: (next - 200) * MINUTE_US, symbol });
  /** What a collector would have polled by `minute`. */
  const pollUntil = async (minute: number) => {
    for (; next <= minute; next++) {
      for (const symbol of SYMBOLS)
        await appendPrices(lake, [60_100], {
          startUs: next * MINUTE_US,
          symbol,
          receivedUs: Date.now() * 1000,
        });
    }
  };
  return { lake, pollUntil };
}

describe('learning in `up`', () => {
  it('trains each symbol, predicts each bar once, and scores it when the truth is there', async () => {
    const { lake, pollUntil } = await recentLake();
    const program = start(['up', '--services', 'train,predict', '--lake', lake], {
      env: { CRYPTO_LAKE_TRAIN: 'BTCUSDT,ETHUSDT', CRYPTO_LAKE_UPKEEP: 'off' },
    });
    const predictions = async (symbol: string) => {
      const sql = `SELECT predicted_for, count(*) AS n FROM predictions WHERE symbol = '${symbol}' GROUP BY ALL ORDER BY ALL`;
      await pollUntil(minuteNow() - 1);
      return query(lake, sql).catch(() => []);
    };
    const before = await eventually(
      'a prediction of both',
      async () => {
        const rows = await predictions('BTCUSDT');
        return rows.length > 0 && (await predictions('ETHUSDT')).length > 0 && rows;
      },
      40_000,
    );
    await eventually(
      'one of the next bar',
      async () => {
        await pollUntil(minuteNow());
        return (await predictions('BTCUSDT')).length > before.length;
      },
      20_000,
    );
    program.kill('SIGTERM');
    const { code, stderr } = await program.finished;
    expect(code, stderr).toBe(0);
    const all = [...(await predictions('BTCUSDT')), ...(await predictions('ETHUSDT'))];
    expect(all.every(({ n }) => Number(n) === 1)).toBe(true);
    const sql = 'SELECT DISTINCT symbol, actual_price FROM prediction_scores ORDER BY symbol';
    expect(await query(lake, sql)).toEqual(SYMBOLS.map((symbol) => ({ symbol, actual_price: 60_100 })));
  }, 90_000);
});

describe('train and predict', () => {
  it('take several symbols', async () => {
    const { lake } = await recentLake();
    const options = ['--symbol', 'BTCUSDT,ETHUSDT', '--lake', lake, '--json'];
    expect((await run(['train', ...options])).code).toBe(0);
    const { stdout } = await run(['predict', ...options]);
    expect((JSON.parse(stdout) as { symbol: string }[]).map(({ symbol }) => symbol)).toEqual([
      'BTCUSDT',
      'ETHUSDT',
    ]);
  }, 30_000);
});
