/**
 * Bars and trades under the same torture: `bars` and `trades` of some symbols from an exchange of their own, killed and
 * started again with the others. Whatever they did not hear they have to fetch: at the end every minute and every trade
 * between the first and the last is there once, as the exchange has it.
 */
import { join } from 'node:path';
import { startSimulator } from '../../dist/simulator/start-simulator.js';
import { Collector } from './collector.js';
import { rowsOf, verify } from './lake.js';

const SYMBOLS = 'BTCUSDT,usdm:BTCUSDT,coinm:BTCUSD_PERP';
const REPAIR_MS = 5 * 60_000;
const LOOK_MS = 3000;

export class BarsAndTrades {
  #simulator;
  #collectors;
  #lake;

  static async open({ lake, folder, plan, clock, env }) {
    const own = new BarsAndTrades();
    own.#lake = lake;
    // What was traded follows the exchange's clock: one that jumps back would have to take trades back.
    const faults = plan.filter(({ fault }) => fault !== 'clock-skew');
    own.#simulator = await startSimulator({ market: 'none', symbols: 8, faults, clock });
    const { wsUrl, restUrl, spotWsUrl, coinmWsUrl } = own.#simulator;
    const addresses = {
      BINANCE_FUTURES_WS_URL: wsUrl,
      BINANCE_SPOT_WS_URL: spotWsUrl,
      BINANCE_COINM_WS_URL: coinmWsUrl,
      BINANCE_FUTURES_REST_URL: restUrl,
      BINANCE_COINM_REST_URL: restUrl,
      BINANCE_SPOT_REST_URL: restUrl,
    };
    own.#collectors = ['bars', 'trades'].map(
      (command) =>
        new Collector({
          args: [command, '--symbols', SYMBOLS, '--lake', lake],
          env: { ...env, ...addresses, CRYPTO_LAKE_UPKEEP: 'off' },
          logFile: join(folder, `${command}.log`),
          nowMs: () => clock.nowUs() / 1000,
          boundMs: () => 0,
        }),
    );
    return own;
  }

  start() {
    for (const collector of this.#collectors) collector.start();
  }

  async live(ms) {
    await Promise.all(this.#collectors.map((collector) => collector.live(ms)));
  }

  async kill() {
    await Promise.all(this.#collectors.map((collector) => collector.kill()));
  }

  async stop() {
    await Promise.all(this.#collectors.map((collector) => collector.stop()));
  }

  /** Lives until nothing is missing, and stops. @returns what is wrong then. */
  async finish() {
    const dueMs = performance.now() + REPAIR_MS;
    for (;;) {
      while ((await this.#missing()).length > 0 && performance.now() < dueMs) await this.live(LOOK_MS);
      await this.stop();
      // What many kills left in the spool may outlast the stop, with gaps between what is stored of it and the rest.
      if ((await this.#missing()).length === 0 || performance.now() >= dueMs) break;
      this.start();
    }
    const failures = [...(await this.#missing()), ...(await this.#wrong())];
    for (const table of ['bars_1m', 'bar_corrections', 'trades']) {
      const problem = await verify(this.#lake, table);
      if (problem) failures.push(problem);
    }
    await this.#simulator.close();
    return [...failures, ...this.#collectors.flatMap((collector) => collector.failures)];
  }

  /** What both tables hold, for people. */
  async describe() {
    const [row] = await rowsOf(
      this.#lake,
      "SELECT (SELECT count(*) FROM bars_1m) AS bars, (SELECT count(*) FROM bars_1m WHERE origin = 'rest') AS fetched, (SELECT count(*) FROM trades) AS trades, (SELECT count(*) FROM trades WHERE origin = 'rest') AS trades_fetched",
    );
    return `${row.bars} bars (${row.fetched} fetched), ${row.trades} trades (${row.trades_fetched} fetched)`;
  }

  async #missing() {
    const spans = await rowsOf(
      this.#lake,
      `SELECT 'bars' AS what, market, symbol, count(DISTINCT open_time) AS n, (epoch(max(open_time)) - epoch(min(open_time))) / 60 + 1 AS due FROM bars_1m GROUP BY ALL
       UNION ALL
       SELECT 'trades', market, symbol, count(DISTINCT trade_id), max(trade_id) - min(trade_id) + 1 FROM trades GROUP BY ALL`,
    ).catch(() => []);
    const all = SYMBOLS.split(',').length * 2;
    if (spans.length < all) return [`only ${spans.length} of ${all} symbols have bars or trades`];
    return spans
      .filter(({ n, due }) => Number(n) !== Number(due))
      .map(({ what, market, symbol, n, due }) => `${what} of ${market} ${symbol}: ${n} of ${due}`);
  }

  async #wrong() {
    const failures = [];
    const [doubled] = await rowsOf(
      this.#lake,
      `SELECT (SELECT count(*) - count(DISTINCT (market, symbol, open_time)) FROM bars_1m) AS bars,
              (SELECT count(*) - count(DISTINCT (market, symbol, trade_id)) FROM trades) AS trades,
              (SELECT count(*) FROM bar_corrections) AS corrections`,
    );
    for (const [what, n] of Object.entries(doubled))
      if (Number(n) > 0) failures.push(`${n} ${what === 'corrections' ? what : `${what} doubled`}`);
    const columns =
      'market, symbol, epoch_ms(open_time) AS t, open, high, low, close, volume, trade_count AS n';
    for (const bar of await rowsOf(this.#lake, `SELECT ${columns} FROM bars_1m`)) {
      const { market, symbol, t, n } = bar;
      const truth = this.#simulator.bar(market, symbol, Number(t));
      const same = ['open', 'high', 'low', 'close', 'volume'].every(
        (name) => bar[name] === Number(truth[name]),
      );
      if (!same || Number(n) !== truth.tradeCount)
        failures.push(`the bar ${market} ${symbol} ${t} is not the exchange's`);
    }
    return failures.slice(0, 20);
  }
}
