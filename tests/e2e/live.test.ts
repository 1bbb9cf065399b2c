import { describe, expect, it } from 'vitest';
import { apiServer } from '../support/api-server.ts';
import { liveClient } from '../support/live-client.ts';
import { eventually, exchangeAt, query, start, temporaryFolder } from '../support/program.ts';
import { servedLake } from '../support/served-lake.ts';
import { simulatorFor } from '../support/simulator.ts';

describe('a server beside a collector', () => {
  it('pushes liquidations as they come, long before they are committed, and the tables lose nothing', async () => {
    const lake = await temporaryFolder();
    const simulator = await simulatorFor({ framesPerSecond: 20 });
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '60s', LOG_LEVEL: 'warn' };
    const collector = start(['liquidations', '--lake', lake], { env });
    const api = await apiServer(lake);
    try {
      const client = await liveClient(api.url);
      client.send({ type: 'subscribe', channel: 'liquidations' });
      await eventually(
        'ten orders',
        () => client.messages.filter(({ type }) => type === 'update').length >= 10,
      );
      const health = await eventually('a heartbeat that says so', async () => {
        const reported = await api.json('/health');
        return reported.status === 'ok' && reported;
      });
      expect(health).toMatchObject({ status: 'ok', collectors: [{ source: 'liquidations', fresh: true }] });
      await simulator.confirm();
      collector.kill('SIGTERM');
      await collector.finished;
      const [row] = await query(lake, 'SELECT count(*) AS n FROM liquidation');
      expect(Number(row?.n)).toBe(simulator.truth().liquidations.length);
      const update = client.messages.find(({ type }) => type === 'update');
      const { trade_time, symbol } = (update?.data ?? {}) as { trade_time: string; symbol: string };
      const [same] = await query(
        lake,
        `SELECT count(*) AS n FROM liquidation WHERE symbol = '${symbol}' AND trade_time = '${trade_time}'`,
      );
      expect(Number(same?.n)).toBeGreaterThanOrEqual(1);
    } finally {
      await api.close();
    }
  });

  it('pushes bars as they form and as they close, with the values of the exchange and of the table', async () => {
    const lake = await temporaryFolder();
    await servedLake(lake);
    const skewMs = 60_000 - (Date.now() % 60_000) - 15_000;
    const clock = {
      nowUs: () => Math.round((Date.now() + skewMs) * 1000),
      monotonicMs: () => performance.now(),
    };
    const simulator = await simulatorFor({ market: 'none', symbols: 8, clock });
    const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '2s', LOG_LEVEL: 'error' };
    start(['bars', '--lake', lake, '--symbols', 'BTCUSDT,usdm:BTCUSDT'], { env });
    const api = await apiServer(lake);
    try {
      const client = await liveClient(api.url);
      for (const symbol of ['BTCUSDT', 'usdm:BTCUSDT'])
        client.send({ type: 'subscribe', channel: 'bars', symbol });
      const pushed = (symbol: string, closed: boolean) =>
        client.messages.find(
          (message) =>
            message.type === 'update' &&
            message.symbol === symbol &&
            (message.data as LiveBar).closed === closed &&
            (message.data as LiveBar).trade_count > 0,
        )?.data as LiveBar | undefined;
      for (const [symbol, market] of [
        ['BTCUSDT', 'spot'],
        ['usdm:BTCUSDT', 'usdm'],
      ] as const) {
        const forming = await eventually('a bar that forms', () => pushed(symbol, false), 40_000);
        const closed = await eventually('a bar that closed', () => pushed(symbol, true), 90_000);
        for (const bar of [forming, closed])
          expect(bar).toMatchObject({ venue: 'binance', market, symbol: 'BTCUSDT', timeframe: '1m' });
        const truth = simulator.bar(market, 'BTCUSDT', Date.parse(closed.open_time));
        expect(closed).toMatchObject({
          open: Number(truth?.open),
          high: Number(truth?.high),
          low: Number(truth?.low),
          close: Number(truth?.close),
          volume: Number(truth?.volume),
          quote_volume: Number(truth?.quote),
          trade_count: truth?.tradeCount,
          taker_buy_volume: Number(truth?.takerVolume),
          taker_buy_quote_volume: Number(truth?.takerQuote),
        });
        const [row] = await eventually('it is committed', async () => {
          const rows = await query(
            lake,
            `SELECT * FROM bars_1m WHERE market = '${market}' AND symbol = 'BTCUSDT' AND open_time = '${closed.open_time}'`,
          );
          return rows.length > 0 && rows;
        });
        for (const name of ['open', 'high', 'low', 'close', 'volume', 'trade_count', 'close_time'])
          expect([name, row?.[name]]).toEqual([name, closed[name]]);
      }
    } finally {
      await api.close();
    }
  }, 180_000);
});

interface LiveBar {
  readonly open_time: string;
  readonly closed: boolean;
  readonly trade_count: number;
  readonly [name: string]: unknown;
}
