import { createHash } from 'node:crypto';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/program.ts';
import { connectClient, simulatorFor } from '../support/simulator.ts';

const MINUTE = 60_000;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BTCUSD_PERP', '币安人生USDT', 'SOLUSDT', 'XRPUSDT', 'DOGEUSDT'];
const NOW_MS = Date.UTC(2026, 10, 24, 15, 30, 58);

/** An exchange whose minute ends in two seconds. */
async function exchange() {
  const startedMs = performance.now();
  const clock = {
    nowUs: () => Math.round((NOW_MS + performance.now() - startedMs) * 1000),
    monotonicMs: () => performance.now(),
  };
  return simulatorFor({ market: 'none', symbols: SYMBOLS, clock });
}

type Kline = readonly (string | number)[];

async function get<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

describe('bars of the simulated exchange', () => {
  it('are the sums of its aggregate trades, in each market', async () => {
    const { restUrl } = await exchange();
    for (const [root, symbol] of [
      ['/api/v3', 'BTCUSDT'],
      ['/fapi/v1', 'DOGEUSDT'],
    ]) {
      const start = NOW_MS - (NOW_MS % MINUTE) - 20 * MINUTE;
      const window = `symbol=${symbol}&startTime=${start}&endTime=${start + 20 * MINUTE - 1}`;
      const bars = await get<Kline[]>(`${restUrl}${root}/klines?interval=1m&${window}`);
      const trades = await get<Record<string, string | number | boolean>[]>(
        `${restUrl}${root}/aggTrades?limit=1000&${window}`,
      );
      expect(bars).toHaveLength(20);
      for (const [index, trade] of trades.entries()) {
        if (index === 0) continue;
        expect(trade.a).toBe(Number(trades[index - 1]?.a) + 1);
        expect(trade.f).toBe(Number(trades[index - 1]?.l) + 1);
      }
      for (const bar of bars) {
        const own = trades.filter(({ T }) => Math.floor(Number(T) / MINUTE) * MINUTE === bar[0]);
        const prices = own.map(({ p }) => Number(p));
        if (own.length === 0) continue;
        expect(Number(bar[2])).toBe(Math.max(...prices));
        expect(Number(bar[3])).toBe(Math.min(...prices));
        expect(Number(bar[5])).toBeCloseTo(
          own.reduce((sum, { q }) => sum + Number(q), 0),
          6,
        );
        expect(bar[8]).toBe(own.reduce((sum, { f, l }) => sum + Number(l) - Number(f) + 1, 0));
      }
    }
  });

  it('are closed once by the stream, and equal to REST and to the next one’s first id', async () => {
    const simulator = await exchange();
    const { texts } = await connectClient(
      simulator,
      '/spot/stream?streams=btcusdt@kline_1m/xrpusdt@kline_1m/btcusdt@kline_1s',
    );
    const closed = () =>
      texts
        .map((text) => JSON.parse(text).data.k as Record<string, string | number | boolean>)
        .filter(({ x, i }) => x === true && i === '1m');
    await eventually('the minute ends', () => closed().length >= 2);
    for (const bar of closed()) {
      const [rest] = await get<Kline[]>(
        `${simulator.restUrl}/api/v3/klines?symbol=${bar.s}&interval=1m&startTime=${bar.t}&limit=1`,
      );
      expect(rest?.slice(0, 11)).toEqual(
        ['t', 'o', 'h', 'l', 'c', 'v', 'T', 'q', 'n', 'V', 'Q'].map((name) => bar[name]),
      );
      expect(bar.n).toBe(bar.n === 0 ? 0 : Number(bar.L) - Number(bar.f) + 1);
    }
    const forming = texts.map((text) => JSON.parse(text).data.k).filter(({ x }) => x === false);
    const next = await eventually('the next minute forms', () =>
      texts
        .map((text) => JSON.parse(text).data.k)
        .find(({ x, s, t, n }) => !x && s === 'BTCUSDT' && t > Number(closed()[0]?.t) && n > 0),
    );
    expect(forming.length).toBeGreaterThan(0);
    expect(next.f).toBe(Number(closed().find(({ s }) => s === 'BTCUSDT')?.L) + 1);
  });

  it('are in the archive with a checksum that fits, in microseconds on spot and with a header on futures', async () => {
    const { restUrl, bar } = await exchange();
    for (const [folder, market, first] of [
      ['spot', 'spot', /^1763856000000000,/],
      ['futures/um', 'usdm', /^open_time,.*\n1763856000000,/],
    ] as const) {
      const url = `${restUrl}/data/${folder}/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-11-23.zip`;
      const zip = new Uint8Array(await (await fetch(url)).arrayBuffer());
      const checksum = await (await fetch(`${url}.CHECKSUM`)).text();
      expect(checksum).toBe(`${createHash('sha256').update(zip).digest('hex')}  BTCUSDT-1m-2025-11-23.zip\n`);
      const [csv] = Object.values(unzipSync(zip));
      const text = Buffer.from(csv ?? '').toString();
      expect(text).toMatch(first);
      const line = text.split('\n').find((candidate) => /^\d/.test(candidate)) ?? '';
      expect(line.split(',')[4]).toBe(bar(market, 'BTCUSDT', 1_763_856_000_000)?.close);
    }
  });
});
