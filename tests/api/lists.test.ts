import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type ApiServer, apiServer } from '../support/api-server.ts';
import {
  addBar,
  BAR_COUNT,
  CORRECTED_MINUTE,
  HOLE_MINUTES,
  START,
  servedLake,
} from '../support/served-lake.ts';

let lake: string;
let api: ApiServer;

beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-api-'));
  await servedLake(lake);
  api = await apiServer(lake);
});

afterAll(async () => {
  await api.close();
  await rm(lake, { recursive: true, force: true });
});

const minute = (index: number) => new Date(START + index * 60_000).toISOString();

async function pagesOf(path: string): Promise<Answer[]> {
  const pages: Answer[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const page: Answer = await api.json(`${path}${next === '' ? '' : `&cursor=${next}`}`);
    pages.push(page);
    next = page.next;
  }
  return pages;
}

describe('bars', () => {
  it('are the newest ones, ascending, with versions and holes', async () => {
    const answer = await api.json('/bars/BTCUSDT?timeframe=1m&limit=250');
    expect(answer.data).toHaveLength(250);
    expect(answer.data.at(-1)?.open_time).toBe('2026-11-20T10:59:00.000000Z');
    expect(answer.data[0]).toMatchObject({
      venue: 'binance',
      market: 'spot',
      symbol: 'BTCUSDT',
      completeness: 'proven',
    });
    expect(answer.data_version).toEqual({ bars_1m: 1, bar_corrections: 1 });
    expect(Date.parse(answer.complete_until ?? '')).toBe(START + BAR_COUNT * 60_000);
    expect(answer.holes).toEqual([
      { from: '2026-11-20T07:40:00.000000Z', to: '2026-11-20T07:43:00.000000Z' },
    ]);
    expect(answer.truncated).toBe(true);
  });

  it.each(['', `&from=${minute(0)}`, `&from=${minute(7)}&to=${minute(200)}`, `&to=${minute(150)}`])(
    'come in pages of any size that make up the whole (%s)',
    async (span) => {
      const whole = await api.json(`/bars/BTCUSDT?limit=10000${span}`);
      expect(whole.next).toBeNull();
      const pages = await pagesOf(`/bars/BTCUSDT?limit=37${span}`);
      const ordered = span.includes('from') ? pages : pages.toReversed();
      expect(ordered.flatMap(({ data }) => data)).toEqual(whole.data);
      expect(ordered.flatMap(({ holes }) => holes)).toEqual(whole.holes);
    },
  );

  it('of a cursor do not shift when rows come between two pages', async () => {
    const first = await api.json(`/bars/ETHUSDT?limit=200&from=${minute(0)}`);
    await addBar(lake, BAR_COUNT);
    const second = await api.json(`/bars/ETHUSDT?limit=200&from=${minute(0)}&cursor=${first.next}`);
    expect(second.data_version).toEqual(first.data_version);
    expect(second.data).toHaveLength(BAR_COUNT - 200);
  });

  it('are corrected, or as they were first known', async () => {
    const span = `from=${minute(CORRECTED_MINUTE)}&to=${minute(CORRECTED_MINUTE + 1)}`;
    expect((await api.json(`/bars/BTCUSDT?${span}`)).data[0]?.close).toBe(555.5);
    expect((await api.json(`/bars/BTCUSDT?${span}&known=first`)).data[0]?.close).toBe(150.5);
  });

  it('fill holes with the close before when asked to, marked, and count them to the limit', async () => {
    const span = `from=${minute(98)}&to=${minute(106)}&fill=previous`;
    const { data } = await api.json(`/bars/BTCUSDT?${span}`);
    expect(data.map(({ filled }) => filled)).toEqual([false, false, true, true, true, false, false, false]);
    expect(data[2]).toMatchObject({ open: 199.5, close: 199.5, volume: 0, completeness: null });
    const pages = await pagesOf(`/bars/BTCUSDT?${span}&limit=4`);
    expect(pages.flatMap((page) => page.data)).toEqual(data);
    expect(HOLE_MINUTES).toHaveLength(3);
  });

  it('of a name that is in two markets are spot, or those of the named one', async () => {
    expect((await api.json('/bars/BTCUSDT?limit=1')).data[0]?.market).toBe('spot');
    expect((await api.json('/bars/usdm:BTCUSDT')).data).toHaveLength(10);
  });

  it('of longer timeframes come from their own table', async () => {
    const { data, data_version } = await api.json('/bars/BTCUSDT?timeframe=1h');
    expect(data.map(({ open_time }) => open_time)).toHaveLength(5);
    expect(data[0]).toMatchObject({ timeframe: '1h', minutes: 60 });
    expect(Object.keys(data_version)).toEqual(['bars_rollup']);
  });

  it('of names in any script are found', async () => {
    expect((await api.json(`/bars/${encodeURIComponent('币安人生USDT')}?limit=3`)).data).toHaveLength(3);
  });
});

describe('the past', () => {
  it('is what the tables were at a version or a time', async () => {
    const { data, data_version } = await api.json('/bars/BTCUSDT?as_of=1&limit=1');
    expect(data_version.bars_1m).toBe(1);
    expect(data).toHaveLength(1);
    expect((await api.json(`/bars/BTCUSDT?as_of=${new Date().toISOString()}&limit=1`)).data).toHaveLength(1);
  });

  it('that is gone is 410', async () => {
    for (const path of ['/bars/BTCUSDT?as_of=999', '/bars/BTCUSDT?as_of=2020-01-01']) {
      const response = await api.get(path);
      expect([response.status, ((await response.json()) as Answer).code]).toEqual([410, 'VERSION_NOT_FOUND']);
    }
  });
});

describe('prices', () => {
  it('latest', async () => {
    expect(await api.json('/price/latest')).toMatchObject({
      symbol: 'BTCUSDT',
      price: 159,
      timestamp: '2026-11-20T06:59:00.000000Z',
      source: 'binance',
    });
  });

  it('have lags and a mean of ten, also on the first row of a page', async () => {
    const { data } = await api.json('/price/history?features=true&limit=3');
    expect(data.at(-1)).toMatchObject({ price: 159, price_lag_1: 158, price_lag_5: 154, ma_10: 154.5 });
    expect(data[0]).toMatchObject({ price: 157, price_lag_1: 156, ma_10: 152.5 });
    const first = await api.json(`/price/history?features=true&from=${minute(0)}&limit=1`);
    expect(first.data[0]).toMatchObject({ price: 100, price_lag_1: null, ma_10: null });
  });

  it('have statistics of some hours', async () => {
    const stats = await api.json('/price/stats?hours=8784&symbol=ETHUSDT');
    expect(stats).toMatchObject({ count: 60, min: 100, max: 159, mean: 129.5, first: 100, last: 159 });
  });
});

describe('records', () => {
  it('liquidations are lower bounds by bucket and side', async () => {
    const { data, note, holes } = await api.json('/liquidations?bucket=1h&side=SELL');
    expect(data[0]).toMatchObject({
      bucket: '2026-11-20T06:00:00.000000Z',
      side: 'SELL',
      orders: 40,
      notional_at_least: 40_000,
    });
    expect(note).toContain('lower bounds');
    expect(holes).toHaveLength(1);
  });

  it('of a market are of that market alone', async () => {
    const orders = async (path: string) =>
      (await api.json(path)).data.reduce((sum, { orders }) => sum + Number(orders), 0);
    expect(await orders('/liquidations?symbol=usdm:BTCUSDT')).toBe(67);
    expect(await orders('/liquidations?symbol=binance:BTCUSDT')).toBe(67);
    expect(await orders('/liquidations?symbol=linear:BTCUSDT')).toBe(0);
    expect((await api.json('/quality?symbol=spot:BTCUSDT')).data).toHaveLength(3);
    expect((await api.json('/quality?symbol=usdm:BTCUSDT')).data).toHaveLength(0);
  });

  it('coverage names the holes of a stream', async () => {
    const { data, holes, complete_until } = await api.json('/coverage');
    expect(data).toHaveLength(2);
    expect(holes[0]).toMatchObject({
      from: '2026-11-20T07:30:00.000000Z',
      to: '2026-11-20T07:35:00.000000Z',
      reason: 'closed',
    });
    expect(complete_until).toBe('2026-11-20T11:00:00.000000Z');
  });

  it('quality, symbols and tables', async () => {
    expect((await api.json('/quality?check=jump')).data).toHaveLength(3);
    const symbols = (await api.json('/symbols')).data;
    expect(symbols).toHaveLength(7);
    const tables = ['bars_1m', 'prices'];
    expect(symbols).toContainEqual(
      expect.objectContaining({ market: 'spot', symbol: 'BTCUSDT', tables, is_watched: true }),
    );
    expect(symbols).toContainEqual(
      expect.objectContaining({ market: 'usdm', symbol: 'ETHUSDT', is_watched: null }),
    );
    expect(symbols).toContainEqual(expect.objectContaining({ venue: 'okx', tables: [], is_watched: false }));
    expect((await api.json('/tables')).data.map(({ table }) => table)).toContain('bars_1m');
  });
});

describe('TradingView’s feed', () => {
  it('gives bars by columns', async () => {
    const from = START / 1000;
    const answer = await api.json(`/udf/history?symbol=BTCUSDT&resolution=1&from=${from}&to=${from + 120}`);
    expect(answer).toMatchObject({ s: 'ok', t: [from, from + 60], c: [100.5, 101.5] });
    expect(await api.json('/udf/symbols?symbol=BTCUSDT')).toMatchObject({ name: 'BTCUSDT', session: '24x7' });
    expect(await api.json(`/udf/history?symbol=BTCUSDT&resolution=1&from=1&to=2`)).toEqual({ s: 'no_data' });
  });

  it('never gives bars of spot for those of futures: the ticker names its market', async () => {
    const found = (await api.json('/udf/search?query=BTC')) as unknown as Record<string, string>[];
    for (const { full_name, ticker } of found) {
      const { ticker: resolved, description } = await api.json(`/udf/symbols?symbol=${full_name}`);
      expect(resolved).toBe(ticker);
      expect(description).toContain(String(full_name).split(':')[0]);
    }
    const tickers = found.map(({ ticker }) => ticker);
    expect(tickers).toEqual(expect.arrayContaining(['BTCUSDT', 'usdm:BTCUSDT']));
    const from = START / 1000;
    const history = (ticker: string) =>
      api.json(`/udf/history?symbol=${ticker}&resolution=1&from=${from}&to=${from + 86_400}`);
    expect((await history('usdm:BTCUSDT')).t).toHaveLength(10);
    expect(((await history('BTCUSDT')).t as unknown[]).length).toBeGreaterThan(10);
  });

  it('gives the newest bars of a span that is longer than an answer', async () => {
    const end = START / 1000 + 60 * 60;
    const answer = await api.json(`/udf/history?symbol=ETHUSDT&resolution=1&from=0&to=${end}`);
    expect((answer.t as number[]).at(-1)).toBe(end - 60);
  });
});
