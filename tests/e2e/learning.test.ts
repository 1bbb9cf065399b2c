import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LAKE, place } from '../support/lake-on-s3.ts';
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

describe('train, predict and models', () => {
  it('take several symbols, and tell, promote, export and delete what was trained', async () => {
    const { lake } = await recentLake();
    const at = (...args: string[]) => run([...args, '--lake', lake]);
    const both = ['--symbol', 'BTCUSDT,ETHUSDT', '--json'];
    const trained = await at('train', ...both);
    expect([trained.code, trained.stderr]).toEqual([
      0,
      expect.stringContaining('"no change" predicts as well'),
    ]);
    const predicted = await at('predict', ...both);
    expect((JSON.parse(predicted.stdout) as { symbol: string }[]).map(({ symbol }) => symbol)).toEqual(
      SYMBOLS,
    );
    expect((await at('train', '--plot', join(lake, 'plot.svg'))).stderr).toMatch(
      /not promoted: not better than version 1 on the same \d+ rows/,
    );
    expect(await readFile(join(lake, 'plot.svg'), 'utf8')).toContain('Skill so far');

    const name = 'BTCUSDT.1m.next-price.1';
    const list = async () => {
      const { stdout } = await at('models', 'list', name, '--json');
      return JSON.parse(stdout) as { version: string; champion: boolean; run: string }[];
    };
    const champions = async () => (await list()).map(({ version, champion }) => [version, champion]);
    expect(await champions()).toEqual([
      ['2', false],
      ['1', true],
    ]);
    const replayed = await at('train', '--replay', (await list())[0]?.run ?? '');
    expect(replayed.stderr).toContain('replayed: the same 6 coefficients and scores to the bit');
    expect((await at('models', 'show', name)).stderr).toMatch(
      /data_versions: \{"prices":\d+\}[\s\S]*recipe_hash: /,
    );
    await at('models', 'promote', `${name}@2`);
    expect((await champions())[0]).toEqual(['2', true]);
    expect((await at('models', 'export', name, '--to', join(lake, 'exported'))).code).toBe(0);
    expect(await readdir(join(lake, 'exported'))).toContain('MLmodel');
    await at('models', 'delete', `${name}@2`);
    expect(await champions()).toEqual([['1', true]]);
  }, 60_000);

  it.each<[string[], number, RegExp]>([
    [['train', '--symbol', 'BTC/USDT'], 2, /`BTC\/USDT` is not a symbol[\s\S]*hint: write `BTCUSDT`/],
    [
      ['train', '--symbol', 'NOSUCHUSDT'],
      3,
      /0 complete rows of NOSUCHUSDT[\s\S]*hint: let `crypto-lake prices`/,
    ],
    [['train', '--timeframe', '7m'], 2, /`--timeframe` is not one that there is[\s\S]*hint: 1m, 5m/],
    [['train', '--horizon', '0'], 2, /`--horizon` must be a whole number from 1 to 1440/],
    [['train', '--features', 'price_t-1,nonsense'], 2, /no feature `nonsense`/],
    [['train', '--features', 'label_ret_1'], 2, /`label_ret_1` tells the future/],
    [['train', '--since', '1h', '--until', '2h'], 2, /`--since` is not before `--until`/],
    [['train', '--since', 'yesterday'], 2, /yesterday/],
    [['train', '--target', 'volume'], 2, /Allowed choices are next-price, return/],
    [['train', '--replay', 'nonsense'], 2, /has no run `nonsense`/],
    [['train', '--every', '1d', '--until', '1h'], 2, /do not go together/],
    [['predict', '--symbol', 'BTCUSDT'], 2, /no model of BTCUSDT[\s\S]*hint: see `crypto-lake models list`/],
    [['predict', '--model', 'nonsense@1'], 2, /no model `nonsense` version 1/],
    [['predict', '--every', '1ms'], 2, /`--every` must be a time from `1s` to `31d`/],
    [['models', 'show'], 2, /the name of a model is missing/],
    [['models', 'delete', 'BTCUSDT@7'], 2, /no model `BTCUSDT` version 7/],
    [['models', 'nonsense'], 2, /Allowed choices are list, show/],
  ])('refuse %j with exit code %i, a reason and no stack', async (args, exitCode, message) => {
    const { lake } = await smallest();
    const { code, stdout, stderr } = await run([...args, '--lake', lake]);
    expect([code, stdout, stderr]).toEqual([exitCode, '', expect.stringMatching(message)]);
    expect(stderr).not.toMatch(/ at .*\.[jt]s/);
  });

  it('begin nothing where MLflow does not answer', async () => {
    const { lake } = await smallest();
    const env = { MLFLOW_TRACKING_URI: 'http://127.0.0.1:9' };
    const { code, stderr } = await run(['train', '--lake', lake], { env });
    expect([code, stderr]).toEqual([4, expect.stringContaining('cannot be reached: ECONNREFUSED')]);
    expect(await readdir(lake)).not.toContain('models');
  });

  it('work on a lake on S3, with its models beside its tables', async () => {
    const { lake } = await recentLake();
    const { env, server } = await place();
    expect((await run(['copy', '--from', lake, '--to', LAKE], { env })).code).toBe(0);
    const trained = await run(['train', '--json'], { env });
    expect([trained.code, trained.stdout]).toEqual([0, expect.stringContaining('"champion":true')]);
    expect([...server.objects.keys()].filter((key) => key.endsWith('/model.onnx'))).toHaveLength(1);
    expect([...server.objects.keys()].filter((key) => key.includes('/prices/_pins/'))).toHaveLength(1);
    const predicted = await run(['predict', '--json'], { env });
    expect([predicted.code, JSON.parse(predicted.stdout)]).toMatchObject([
      0,
      [{ symbol: 'BTCUSDT', version: '1' }],
    ]);
    const [{ run: id = '' } = {}] = JSON.parse(trained.stdout) as { run?: string }[];
    expect((await run(['train', '--replay', id], { env })).stderr).toContain('to the bit');
    await run(['models', 'delete', 'BTCUSDT.1m.next-price.1'], { env });
    expect([...server.objects.keys()].filter((key) => /_artifacts|_pins/.test(key))).toEqual([]);
  }, 60_000);
});

/** Too few rows for anything. */
async function smallest() {
  const lake = await temporaryFolder();
  await appendPrices(lake, walk(20), { startUs: (minuteNow() - 20) * MINUTE_US });
  return { lake };
}
