import { describe, expect, it } from 'vitest';
import { BackOff } from '../../../src/base/back-off.ts';
import { measureClockOffset } from '../../../src/network/http/clock-offset.ts';
import { COINM_CONTRACT_SIZES } from '../../../src/sources/binance/contract-sizes.ts';
import { classifyFrame } from '../../../src/sources/binance/liquidations.ts';
import { tickerRequest } from '../../../src/sources/binance/ticker-request.ts';
import { BINANCE } from '../../../src/sources/binance/venue.ts';
import { httpServer, reply, restClient } from '../../support/http-server.ts';

const NEVER = new AbortController().signal;

function timeAt(url: string) {
  const { serverTime } = BINANCE;
  if (serverTime === undefined) throw new TypeError('Binance tells the time');
  return { ...serverTime, url: serverTime.url({ BINANCE_FUTURES_REST_URL: url }) };
}

async function sizesAt(url: string) {
  const addresses = { BINANCE_COINM_REST_URL: url };
  return COINM_CONTRACT_SIZES.fetch({ rest: await restClient(), addresses, signal: NEVER });
}

describe('the clock offset', () => {
  it('is the middle of the fastest of a few answers', async () => {
    const server = await httpServer((request, response, number) => {
      const body = JSON.stringify({ serverTime: Date.now() + 5000 });
      // The others are on the way back for so long that their middle would be wrong by 400 ms.
      setTimeout(() => reply(200, body)(request, response, number), number === 2 ? 0 : 800);
    });
    const offsetUs = await measureClockOffset(
      await restClient({ timeoutMs: 20_000 }),
      timeAt(server.url),
      NEVER,
    );
    expect(Math.abs((offsetUs ?? 0) - 5_000_000)).toBeLessThan(300_000);
    expect(server.requests.map(({ url }) => url)).toEqual(Array(3).fill('/fapi/v1/time'));
  });

  it('is that of the moment between question and answer', async () => {
    const server = await httpServer((request, response, number) => {
      setTimeout(() => {
        const body = JSON.stringify({ serverTime: Date.now() });
        setTimeout(() => reply(200, body)(request, response, number), 150);
      }, 150);
    });
    const offsetUs = await measureClockOffset(await restClient(), timeAt(server.url), NEVER);
    expect(Math.abs(offsetUs ?? Number.NaN)).toBeLessThan(75_000);
  });

  it.each([
    ['there is no such endpoint', 404, ''],
    ['no time is in it', 200, '{}'],
    ['the time is text', 200, '{"serverTime":"now"}'],
    ['it is not JSON in spite of its look', 200, '{serverTime}'],
  ])('is unknown when %s', async (_, status, body) => {
    const server = await httpServer(reply(status, body));
    expect(await measureClockOffset(await restClient(), timeAt(server.url), NEVER)).toBeUndefined();
  });

  it('fails when the exchange cannot be asked', async () => {
    const server = await httpServer(reply(429, ''));
    const asking = measureClockOffset(await restClient(), timeAt(server.url), NEVER);
    await expect(asking).rejects.toMatchObject({ code: 'EXCHANGE_BANNED' });
  });
});

describe('contract sizes', () => {
  it('are those that are answered; the others are left out', async () => {
    const symbols = [
      { symbol: 'BTCUSD_PERP', contractSize: 100 },
      { symbol: 'ETHUSD_PERP', contractSize: 10 },
      { symbol: 'X', contractSize: '10' },
      { symbol: 'Y', contractSize: 0 },
      { contractSize: 10 },
      null,
      7,
    ];
    const server = await httpServer(reply(200, JSON.stringify({ symbols })));
    const sizes = await sizesAt(server.url);
    expect(sizes).toEqual({ BTCUSD_PERP: 100, ETHUSD_PERP: 10 });
    expect(server.requests[0]?.url).toBe('/dapi/v1/exchangeInfo');
  });

  it.each([
    ['there is no such endpoint', 404, ''],
    ['the list is missing', 200, '{}'],
    ['the answer is a list', 200, '[]'],
    ['the list is empty', 200, '{"symbols":[]}'],
  ])('are unknown when %s', async (_, status, body) => {
    const server = await httpServer(reply(status, body));
    expect(await sizesAt(server.url)).toBeUndefined();
  });
});

describe('the ticker request', () => {
  const ask = (symbols: readonly string[], quotes: readonly string[] = ['USDT']) =>
    tickerRequest('http://x', { symbols, quotes });

  it('asks for all trading pairs and keeps those of the quote assets', () => {
    const url = 'http://x/api/v3/ticker/24hr?symbolStatus=TRADING';
    expect(ask([])).toEqual({ url, weight: 80, keep: { quotes: ['USDT'] } });
    expect(ask([], [])).toEqual({ url, weight: 80, keep: undefined });
  });

  it('asks for listed symbols alone, percent-encoded, whatever their script', () => {
    const { url, weight, keep } = ask(['BTCUSDT', '币安人生USDT']);
    expect(url).not.toMatch(/[^\x21-\x7e]|["[\]]/);
    expect(new URL(url).searchParams.get('symbols')).toBe('["BTCUSDT","币安人生USDT"]');
    expect([weight, keep]).toEqual([2, { symbols: ['BTCUSDT', '币安人生USDT'] }]);
    expect(ask(Array.from({ length: 21 }, (_, n) => `S${n}`)).weight).toBe(40);
  });

  it('asks for all when more than a hundred are listed, which weighs the same', () => {
    const symbols = Array.from({ length: 101 }, (_, n) => `S${n}USDT`);
    const request = ask(symbols);
    expect(request).toMatchObject({ weight: 80, keep: { symbols } });
    expect(request.url).not.toContain('symbols=');
  });
});

describe('the kind of a frame', () => {
  it.each([
    ['{"stream":"!forceOrder@arr","data":{}}', 'data'],
    ['{"e":"forceOrder","E":1568014460893,"o":{}}', 'data'],
    ['{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate"}}', 'tick'],
    ['{"e":"markPriceUpdate","E":1}', 'tick'],
    ['{"e":"serverShutdown","E":1770123456789}', 'shutdown'],
    ['{"stream":"!serverShutdown","data":{"e":"serverShutdown"}}', 'shutdown'],
    ['{"result":null,"id":1}', 'other'],
    ['', 'other'],
    [`{"x":"${'-'.repeat(200)}forceOrder"}`, 'other'],
  ])('of %s is %s', (text, kind) => {
    expect(classifyFrame(Buffer.from(text))).toBe(kind);
  });
});

describe('full jitter', () => {
  it('waits a random part of a limit that doubles up to its maximum, and begins anew when reset', () => {
    const jitter = new BackOff(250, 30_000, () => 1);
    const waits = Array.from({ length: 9 }, () => jitter.nextMs());
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    jitter.reset();
    expect(jitter.nextMs()).toBe(250);
    expect(new BackOff(250, 30_000, () => 0.5).nextMs()).toBe(125);
  });
});
