import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { simulatorFor } from '../support/simulator.ts';

type Row = Record<string, unknown>;

async function get(simulator: Simulator, path: string) {
  const { statusCode, headers, body } = await request(simulator.restUrl + path);
  const text = await body.text();
  const json = String(headers['content-type']).includes('json') ? JSON.parse(text) : undefined;
  return { status: statusCode, headers, text, json };
}

const ONE = { market: 'none', symbols: 60 } as const;
const encoded = (symbols: readonly string[]) => encodeURIComponent(JSON.stringify(symbols));
const RECORDED = resolve('../shared/fixtures/exchange/rest/spot_ticker24hr_all_2023-03-21.even.json.gz');

describe('spot tickers', () => {
  it('have the fields and the decimals of the exchange', async () => {
    const simulator = await simulatorFor(ONE);
    const { json } = await get(simulator, '/api/v3/ticker/24hr?symbol=BTCUSDT');
    expect(Object.keys(json).sort()).toEqual(
      'askPrice askQty bidPrice bidQty closeTime count firstId highPrice lastId lastPrice lastQty lowPrice openPrice openTime prevClosePrice priceChange priceChangePercent quoteVolume symbol volume weightedAvgPrice'.split(
        ' ',
      ),
    );
    expect(json.lastPrice).toMatch(/^\d+\.\d{8}$/);
    expect(json.closeTime - json.openTime).toBe(86_400_000);
    expect(Number(json.lowPrice)).toBeLessThan(Number(json.lastPrice));
    expect(Number(json.highPrice)).toBeGreaterThan(Number(json.lastPrice));
    const mini = (await get(simulator, '/api/v3/ticker/24hr?symbol=BTCUSDT&type=MINI')).json;
    expect(Object.keys(mini).sort()).toEqual(
      'closeTime count firstId highPrice lastId lastPrice lowPrice openPrice openTime quoteVolume symbol volume'.split(
        ' ',
      ),
    );
  });

  it('come for all symbols, dead ones included unless the status asks for trading ones', async () => {
    const simulator = await simulatorFor(ONE);
    const all: Row[] = (await get(simulator, '/api/v3/ticker/24hr')).json;
    const trading: Row[] = (await get(simulator, '/api/v3/ticker/24hr?symbolStatus=TRADING&type=MINI')).json;
    expect(all.some(({ symbol }) => symbol === '币安人生USDT')).toBe(true);
    expect(all.filter(({ count }) => count === 0).map(({ symbol }) => symbol)).toContain('AAVEDOWNUSDT');
    expect(trading.length).toBe(all.length - 6);
    expect(trading.every(({ count }) => Number(count) > 0)).toBe(true);
  });

  it('weigh 2, 40 or 80, and the weights add up in the header', async () => {
    const simulator = await simulatorFor({ market: 'none', symbols: 200 });
    const names: string[] = (await get(simulator, '/api/v3/ticker/24hr?type=MINI')).json.map(
      (row: Row) => row.symbol,
    );
    let used = 80;
    for (const [count, weight] of [
      [1, 2],
      [20, 2],
      [21, 40],
      [100, 40],
      [101, 80],
    ] as const) {
      const { headers } = await get(
        simulator,
        `/api/v3/ticker/24hr?symbols=${encoded(names.slice(0, count))}`,
      );
      used += weight;
      expect(headers['x-mbx-used-weight-1m']).toBe(String(used));
    }
  });

  it.each([
    ['symbol=NOSUCH', -1121],
    ['symbol=BTCUSDT&symbols=%5B%22BTCUSDT%22%5D', -1128],
    ['symbols=BTCUSDT', -1100],
    ['type=HUGE', -1100],
    ['symbol=AAVEDOWNUSDT&symbolStatus=TRADING', -1220],
  ])('answer %s with the error of the exchange', async (query, code) => {
    const simulator = await simulatorFor(ONE);
    const { status, json } = await get(simulator, `/api/v3/ticker/24hr?${query}`);
    expect([status, json.code]).toEqual([400, code]);
  });
});

describe('other endpoints', () => {
  it('tell the time, the symbols and the contract sizes', async () => {
    const simulator = await simulatorFor(ONE);
    for (const path of ['/api/v3/time', '/fapi/v1/time']) {
      expect(Math.abs((await get(simulator, path)).json.serverTime - Date.now())).toBeLessThan(1000);
    }
    expect((await get(simulator, '/api/v3/ping')).text).toBe('{}');
    const { json, headers } = await get(simulator, '/api/v3/exchangeInfo');
    expect(headers['x-mbx-used-weight-1m']).toBe('22');
    expect(json.symbols[0]).toMatchObject({
      symbol: 'BTCUSDT',
      status: 'TRADING',
      baseAsset: 'BTC',
      quoteAsset: 'USDT',
    });
    const coinm: Row[] = (await get(simulator, '/dapi/v1/exchangeInfo')).json.symbols;
    expect(coinm.find(({ symbol }) => symbol === 'BTCUSD_PERP')?.contractSize).toBe(100);
    expect(coinm.find(({ symbol }) => symbol === 'ETHUSD_PERP')?.contractSize).toBe(10);
    const usdm: Row[] = (await get(simulator, '/fapi/v1/exchangeInfo')).json.symbols;
    expect(usdm.map(({ symbol }) => symbol)).toContain('BTCUSDT_261225');
    expect((await get(simulator, '/fapi/v1/ticker/24hr?symbol=BTCUSDT')).json.symbol).toBe('BTCUSDT');
    expect((await get(simulator, '/fapi/v1/ticker/24hr')).json.length).toBe(usdm.length);
    expect((await get(simulator, '/nothing')).status).toBe(404);
  });

  it.skipIf(!existsSync(RECORDED))(
    'give a recorded body where one is given (needs the recordings)',
    async () => {
      const body = gunzipSync(readFileSync(RECORDED)).toString();
      const simulator = await simulatorFor({
        ...ONE,
        responses: { '/api/v3/ticker/24hr': { body, weight: 80 } },
      });
      const { text, headers } = await get(simulator, '/api/v3/ticker/24hr?symbolStatus=TRADING');
      expect(text).toBe(body);
      expect(headers['x-mbx-used-weight-1m']).toBe('80');
    },
  );
});

describe('limits', () => {
  it('answer 429 with Retry-After above the weight, and ban with 418 who goes on', async () => {
    const simulator = await simulatorFor({ ...ONE, weightLimits: { spot: 100, patience: 2, banMs: 60_000 } });
    const statuses: number[] = [];
    for (let count = 0; count < 6; count++) {
      const { status, headers, json } = await get(simulator, '/api/v3/ticker/24hr');
      statuses.push(status);
      if (status !== 200) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      if (status === 418) expect(json.msg).toMatch(/banned until \d{13}\./);
    }
    expect(statuses).toEqual([200, 429, 429, 418, 418, 418]);
    expect((await get(simulator, '/fapi/v1/time')).status).toBe(418);
    expect(simulator.stats().requests).toEqual({ '/api/v3/ticker/24hr': 6, '/fapi/v1/time': 1 });
  });

  it('keep the pools of spot and futures apart', async () => {
    const simulator = await simulatorFor({ ...ONE, weightLimits: { spot: 10 } });
    expect((await get(simulator, '/api/v3/ticker/24hr')).status).toBe(429);
    expect((await get(simulator, '/fapi/v1/ticker/24hr')).headers['x-mbx-used-weight-1m']).toBe('40');
  });
});

describe('faults of REST', () => {
  it.each([
    [403, 'text/html'],
    [418, 'application/json'],
    [429, 'application/json'],
    [451, 'application/json'],
    [500, 'application/json'],
    [503, 'application/json'],
  ])('refuse with %i', async (status, type) => {
    const simulator = await simulatorFor(ONE);
    const end = simulator.setFault({ fault: 'http-status', status, on: 'rest', retryAfterSeconds: 7 });
    const refused = await get(simulator, '/api/v3/time');
    expect(refused.status).toBe(status);
    expect(refused.headers['retry-after']).toBe('7');
    expect(refused.headers['content-type']).toContain(type);
    end();
    expect((await get(simulator, '/api/v3/time')).status).toBe(200);
  });

  it('hit only the path that they name', async () => {
    const simulator = await simulatorFor(ONE);
    simulator.setFault({ fault: 'http-status', status: 500, on: 'both', path: '/api/v3/ticker' });
    expect((await get(simulator, '/api/v3/time')).status).toBe(200);
    expect((await get(simulator, '/api/v3/ticker/24hr')).status).toBe(500);
  });

  it('break a body off', async () => {
    const simulator = await simulatorFor(ONE);
    simulator.setFault({ fault: 'truncated-body' });
    await expect(get(simulator, '/api/v3/ticker/24hr')).rejects.toThrow(
      /other side closed|terminated|aborted/,
    );
  });

  it('let a body crawl', async () => {
    const simulator = await simulatorFor(ONE);
    simulator.setFault({ fault: 'slow-body', bytesPerSecond: 100 });
    const startMs = performance.now();
    expect((await get(simulator, '/api/v3/time')).json.serverTime).toBeGreaterThan(0);
    expect(performance.now() - startMs).toBeGreaterThan(200);
  });

  it('never end a body, and never answer', async () => {
    const simulator = await simulatorFor(ONE);
    simulator.setFault({ fault: 'endless-body', path: '/api/v3/ticker' });
    simulator.setFault({ fault: 'hanging-request', path: '/api/v3/time' });
    const { body } = await request(`${simulator.restUrl}/api/v3/ticker/24hr`);
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > 3_000_000) break;
    }
    expect(bytes).toBeGreaterThan(3_000_000);
    const signal = AbortSignal.timeout(200);
    await expect(request(`${simulator.restUrl}/api/v3/time`, { signal })).rejects.toThrow();
  });

  it('send a web page as success', async () => {
    const simulator = await simulatorFor(ONE);
    simulator.setFault({ fault: 'html-body' });
    const page = await get(simulator, '/api/v3/time');
    expect([page.status, page.text.slice(0, 15)]).toEqual([200, '<!DOCTYPE html>']);
  });

  it('put broken rows between right ones', async () => {
    const simulator = await simulatorFor(ONE);
    const right: unknown[] = (await get(simulator, '/api/v3/ticker/24hr?type=MINI')).json;
    simulator.setFault({ fault: 'bad-ticker-rows' });
    const spoilt: unknown[] = (await get(simulator, '/api/v3/ticker/24hr?type=MINI')).json;
    expect(spoilt.length).toBe(right.length + 24);
    expect(spoilt[0]).toBe(null);
  });

  it('set the clock of the exchange off', async () => {
    const simulator = await simulatorFor(ONE);
    simulator.setFault({ fault: 'clock-skew', offsetMs: -90_000 });
    const { json } = await get(simulator, '/fapi/v1/time');
    expect(Math.abs(json.serverTime - (Date.now() - 90_000))).toBeLessThan(1000);
    expect(simulator.makeOrder().T).toBeLessThan(Date.now() - 90_000);
  });
});
