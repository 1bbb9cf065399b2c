import { describe, expect, it } from 'vitest';
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts';
import { eventually, exchangeAt, query, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const MINUTE_MS = 60_000;
const SYMBOLS = 'BTCUSDT,usdm:BTCUSDT,coinm:BTCUSD_PERP,币安人生USDT';

/** An exchange whose minute ends so many seconds after its start: its clock is ahead of ours, or behind. */
async function exchange(secondsLeft: number, options: SimulatorOptions = {}): Promise<Simulator> {
  const nowMs = Date.now();
  const skewMs = MINUTE_MS - (nowMs % MINUTE_MS) - secondsLeft * 1000;
  const clock = {
    nowUs: () => Math.round((Date.now() + skewMs) * 1000),
    monotonicMs: () => performance.now(),
  };
  return simulatorFor({ market: 'none', symbols: 8, clock, ...options });
}

interface StoredBar {
  readonly market: 'spot' | 'usdm' | 'coinm';
  readonly symbol: string;
  readonly open_time: string;
  readonly origin: string;
  readonly completeness: string;
  readonly [column: string]: unknown;
}

function stored(lake: string): Promise<StoredBar[]> {
  return query(lake, 'SELECT * FROM bars_1m ORDER BY market, symbol, open_time') as Promise<StoredBar[]>;
}

/** Every value is the exchange's, and no minute is there twice. */
function expectTrue(simulator: Simulator, bars: readonly StoredBar[]): void {
  const keys = bars.map(({ market, symbol, open_time }) => `${market} ${symbol} ${open_time}`);
  expect(new Set(keys).size).toBe(keys.length);
  for (const bar of bars) {
    const told = simulator.bar(bar.market, bar.symbol, Date.parse(bar.open_time));
    expect(bar, `${bar.market} ${bar.symbol} ${bar.open_time}`).toMatchObject({
      venue: 'binance',
      timeframe: '1m',
      open: Number(told?.open),
      high: Number(told?.high),
      low: Number(told?.low),
      close: Number(told?.close),
      volume: Number(told?.volume),
      quote_volume: Number(told?.quote),
      trade_count: told?.tradeCount,
      taker_buy_volume: Number(told?.takerVolume),
      taker_buy_quote_volume: Number(told?.takerQuote),
    });
    if (bar.origin === 'stream' && told?.tradeCount !== 0)
      expect(bar).toMatchObject({ first_trade_id: told?.firstTradeId, last_trade_id: told?.lastTradeId });
    else expect(bar).toMatchObject({ first_trade_id: null, last_trade_id: null });
  }
}

describe('crypto-lake bars', () => {
  it('stores every closed bar once, the minute of its start too, in all markets', async () => {
    const simulator = await exchange(6);
    const lake = await temporaryFolder();
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '2s' };
    const collector = start(['bars', '--lake', lake, '--symbols', SYMBOLS], { env });
    const bars = await eventually(
      'the minute is there',
      async () => {
        const rows = await stored(lake);
        return rows.length >= 4 ? rows : undefined;
      },
      30_000,
    );
    expectTrue(simulator, bars);
    expect(new Set(bars.map(({ origin }) => origin))).toEqual(new Set(['rest']));
    const [coverage] = await query(
      lake,
      "SELECT count(DISTINCT market) AS markets, min(state) AS state, count(DISTINCT connection) AS sockets FROM coverage WHERE source = 'bars'",
    );
    expect(coverage).toMatchObject({ markets: 3, state: 'listening', sockets: 6 });
    collector.kill('SIGTERM');
    const { code, stderr } = await collector.finished;
    expect(code, stderr).toBe(0);
    expect(await stored(lake)).toHaveLength(4);
    expect(await query(lake, 'SELECT * FROM quarantine')).toEqual([]);
  }, 60_000);
});
