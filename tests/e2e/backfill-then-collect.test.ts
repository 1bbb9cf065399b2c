import { expect, it } from 'vitest';
import { eventually, exchangeAt, query, run, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

const MINUTE_MS = 60_000;
const SYMBOLS = ['--symbols', 'BTCUSDT,usdm:SOLUSDT'];

/** An exchange whose minute ends in a few seconds, and a lake with two hours of its past, up to an hour ago. */
async function backfilled(what: 'bars' | 'trades') {
  const skewMs = MINUTE_MS - (Date.now() % MINUTE_MS) - 8000;
  const clock = {
    nowUs: () => Math.round((Date.now() + skewMs) * 1000),
    monotonicMs: () => performance.now(),
  };
  const simulator = await simulatorFor({ market: 'none', symbols: 8, clock });
  const lake = await temporaryFolder();
  const env = { ...exchangeAt(simulator), CRYPTO_LAKE_FLUSH: '2s' };
  const nowMs = Math.floor(clock.nowUs() / 1000 / MINUTE_MS) * MINUTE_MS;
  const ago = (minutes: number) => new Date(nowMs - minutes * MINUTE_MS).toISOString();
  const range = ['--since', ago(180), '--until', ago(60)];
  const done = await run(['backfill', what, ...range, ...SYMBOLS, '--lake', lake], { env });
  expect(done.code, done.stderr).toBe(0);
  return { simulator, lake, env, nowMs, firstMs: nowMs - 180 * MINUTE_MS };
}

it('bars go on where a backfill of bars ended, with no hole and no minute twice', async () => {
  const { simulator, lake, env, nowMs, firstMs } = await backfilled('bars');
  const collector = start(['bars', '--lake', lake, ...SYMBOLS], { env });
  const minutes = () =>
    query(
      lake,
      `SELECT market, count(*)::INT AS n, count(DISTINCT open_time)::INT AS times, epoch_ms(min(open_time))::DOUBLE AS first,
  epoch_ms(max(open_time))::DOUBLE AS last FROM bars_1m GROUP BY market ORDER BY market`,
    );
  const isWhole = ({ n, first, last }: Readonly<Record<string, unknown>>) =>
    Number(last) >= nowMs && n === (Number(last) - Number(first)) / MINUTE_MS + 1;
  const rows = await eventually(
    'the minute of the start is there, and each one before it',
    async () => {
      const found = await minutes();
      return found.length === 2 && found.every(isWhole) ? found : undefined;
    },
    60_000,
  );
  for (const { n, times, first } of rows) expect({ times, first }).toEqual({ times: n, first: firstMs });
  collector.kill('SIGTERM');
  const { code, stderr } = await collector.finished;
  expect(code, stderr).toBe(0);
  const bars = await query(lake, 'SELECT market, symbol, open_time, close, quote_volume FROM bars_1m');
  for (const { market, symbol, open_time, close, quote_volume } of bars) {
    const expected = simulator.bar(market as 'spot', String(symbol), Date.parse(String(open_time)));
    expect({ close, quote_volume }).toEqual({
      close: Number(expected?.close),
      quote_volume: Number(expected?.quote),
    });
  }
  expect(await query(lake, 'SELECT * FROM bar_corrections')).toEqual([]);
}, 120_000);

it('trades go on where a backfill of trades ended, with no id missing and none twice', async () => {
  const { lake, env, nowMs } = await backfilled('trades');
  const collector = start(['trades', '--lake', lake, ...SYMBOLS], { env });
  const rows = await eventually(
    'trades of now are there, and each one since the backfill',
    async () => {
      const found = await query(
        lake,
        `SELECT market, count(*)::INT AS n, count(DISTINCT trade_id)::INT AS ids, (max(trade_id) - min(trade_id) + 1)::INT AS span,
  epoch_ms(max(trade_time))::DOUBLE AS last FROM trades GROUP BY market ORDER BY market`,
      );
      const isWhole = found.every(({ span, ids, last }) => span === ids && Number(last) >= nowMs);
      return found.length === 2 && isWhole ? found : undefined;
    },
    60_000,
  );
  for (const { n, ids } of rows) expect(n).toBe(ids);
  collector.kill('SIGTERM');
  const { code, stderr } = await collector.finished;
  expect(code, stderr).toBe(0);
}, 120_000);
