import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { eventually, exchangeAt, query, run, start, temporaryFolder } from '../support/program.ts';

const MINUTE_MS = 60_000;
/** The minute in which a collector begins comes by REST: so soon after it has begun that is over. */
const FIRST_END_MS = 10_000;
const BARS: readonly (readonly ['spot' | 'usdm', string])[] = [
  ['spot', 'BTCUSDT'],
  ['spot', 'ETHUSDT'],
  ['usdm', 'BTCUSDT'],
];
const SYMBOLS = 'BTCUSDT,ETHUSDT,usdm:BTCUSDT';

interface Trial {
  readonly simulator: Simulator;
  readonly lake: string;
  /** @param symbols none: those of the watch list. */
  readonly start: (symbols?: readonly string[]) => ReturnType<typeof start>;
  readonly env: Readonly<Record<string, string>>;
  /** Until the exchange's clock shows so much of its first full minute. */
  readonly until: (ms: number) => Promise<void>;
  /** The start of the first full minute, by the exchange's clock. */
  readonly firstMs: number;
}

/** An exchange whose minute ends soon, and a collector of its bars. */
async function trial(env: Record<string, string> = {}, options: SimulatorOptions = {}): Promise<Trial> {
  const skewMs = MINUTE_MS - (Date.now() % MINUTE_MS) - FIRST_END_MS;
  const clock = {
    nowUs: () => Math.round((Date.now() + skewMs) * 1000),
    monotonicMs: () => performance.now(),
  };
  const simulator = await startSimulator({ market: 'none', symbols: 8, clock, ...options });
  onTestFinished(() => simulator.close());
  const lake = await temporaryFolder();
  const nowMs = Date.now() + skewMs;
  const firstMs = nowMs - (nowMs % MINUTE_MS) + MINUTE_MS;
  const settings = {
    ...exchangeAt(simulator),
    CRYPTO_LAKE_FLUSH: '2s',
    CRYPTO_LAKE_BARS_RECHECK: 'off',
    ...env,
  };
  return {
    simulator,
    lake,
    firstMs,
    env: settings,
    start: (symbols = ['--symbols', SYMBOLS]) =>
      start(['bars', '--lake', lake, ...symbols], { env: settings }),
    until: (ms) =>
      new Promise((resolve) => setTimeout(resolve, Math.max(0, firstMs + ms - skewMs - Date.now()))),
  };
}

/** Every minute from the collector's first one to the first full one is there once, as the exchange has it. */
async function expectWhole(
  { simulator, lake, firstMs }: Trial,
  bars = BARS,
): Promise<Record<string, unknown>[]> {
  const minutes = [firstMs - MINUTE_MS, firstMs];
  const wanted = new Set(bars.map((names) => names.join(' ')));
  let stored: Record<string, unknown>[] = [];
  const missing = () =>
    bars.flatMap(([market, symbol]) =>
      minutes
        .filter(
          (minute) =>
            !stored.some((row) => row.market === market && row.symbol === symbol && Number(row.t) === minute),
        )
        .map((minute) => `${market}:${symbol} ${minute - firstMs}`),
    );
  const found = await eventually(
    'every minute is there',
    async () => {
      const all = await query(
        lake,
        `SELECT *, epoch_ms(open_time) AS t FROM bars_1m WHERE open_time <= make_timestamp(${firstMs * 1000})`,
      );
      stored = all.filter(({ market, symbol }) => wanted.has(`${market} ${symbol}`));
      return stored.length >= bars.length * minutes.length ? stored : undefined;
    },
    120_000,
  ).catch((cause: unknown) => {
    throw new Error(`${String(cause)}; missing: ${missing().join(', ').slice(0, 2000)}`, { cause });
  });
  expect(found).toHaveLength(bars.length * minutes.length);
  for (const [market, symbol] of bars) {
    for (const minute of minutes) {
      const exact = simulator.bar(market, symbol, minute);
      const own = found.filter(
        (row) => row.market === market && row.symbol === symbol && Number(row.t) === minute,
      );
      expect(own).toHaveLength(1);
      expect(own[0]).toMatchObject({
        open: Number(exact?.open),
        high: Number(exact?.high),
        low: Number(exact?.low),
        close: Number(exact?.close),
        quote_volume: Number(exact?.quote),
        trade_count: exact?.tradeCount,
      });
    }
  }
  return found;
}

async function stop(collector: ReturnType<typeof start>): Promise<void> {
  collector.kill('SIGTERM');
  const { code, stderr } = await collector.finished;
  expect(code, stderr).toBe(0);
}

/** What may go wrong, each in an exchange of its own; they wait for one and the same minute. */
const TRIALS: Readonly<Record<string, () => Promise<void>>> = {
  'a trade that came too late is a correction, also where the exchange limits us while we ask': async () => {
    const late = await trial({ CRYPTO_LAKE_BARS_RECHECK: '10s' });
    late.simulator.setFault({ fault: 'late-trade' });
    const collector = late.start();
    await late.until(MINUTE_MS - 1000);
    const limit = { fault: 'http-status', status: 429, on: 'rest', retryAfterSeconds: 2 } as const;
    late.simulator.setFault({ ...limit, path: '/api/v3/klines' }, { durationMs: 12_000 });
    const corrections = await eventually(
      'a correction of both spot symbols',
      async () => {
        const rows = await query(
          late.lake,
          "SELECT c.*, b.volume AS first_volume FROM bar_corrections c JOIN bars_1m b USING (market, symbol, open_time) WHERE market = 'spot'",
        );
        return rows.length >= 2 ? rows : undefined;
      },
      110_000,
    );
    for (const row of corrections) {
      const exact = late.simulator.bar('spot', String(row.symbol), Date.parse(String(row.open_time)));
      expect(row).toMatchObject({ revision: 1, volume: Number(exact?.volume), origin: 'rest' });
      expect(Number(row.first_volume)).toBeLessThan(Number(exact?.volume));
    }
    await stop(collector);
  },

  'a line that drops in the last second of a minute costs no bar': async () => {
    const cut = await trial();
    const collector = cut.start();
    await cut.until(MINUTE_MS - 700);
    cut.simulator.setFault({ fault: 'reset', abruptly: true });
    // A venue that is back, and says nothing for a while.
    cut.simulator.setFault({ fault: 'silent-socket' }, { durationMs: 4000 });
    const rows = await expectWhole(cut);
    expect(rows.every(({ origin }) => origin === 'rest')).toBe(true);
    await stop(collector);
  },

  'a closing frame on one socket alone is enough, and one that comes on none is asked for': async () => {
    const one = await trial();
    const collector = one.start();
    await eventually('all listen', () => one.simulator.stats().openConnections === 4, 9000);
    one.simulator.setFault({ fault: 'no-closing-frames', connection: 1 });
    one.simulator.setFault({ fault: 'no-closing-frames', connection: 2 });
    const rows = await expectWhole(one);
    const first = rows.filter(({ t }) => Number(t) === one.firstMs);
    expect(first.some(({ origin }) => origin === 'stream')).toBe(true);
    await stop(collector);
  },

  'sockets that disagree give one row and both texts, also over a kill': async () => {
    const two = await trial();
    const first = two.start();
    await eventually('all listen', () => two.simulator.stats().openConnections === 4);
    first.kill('SIGKILL');
    await first.finished;
    const second = two.start();
    await eventually('all listen again', () => two.simulator.stats().connections >= 8);
    two.simulator.setFault({ fault: 'other-closing-frames', connection: 'newest' });
    const bad = await eventually(
      'both texts',
      async () => {
        const rows = await query(two.lake, "SELECT raw, reason FROM quarantine WHERE source = 'bars'");
        return rows.length >= 2 ? rows : undefined;
      },
      150_000,
    );
    expect(bad[0]?.raw).not.toBe(bad[1]?.raw);
    const [row] = await query(
      two.lake,
      'SELECT count(*) AS n, count(DISTINCT (market, symbol, open_time)) AS d FROM bars_1m',
    );
    expect(row?.n).toBe(row?.d);
    await stop(second);
  },

  'a symbol that is removed as its minute ends, and another one that comes, cost none of 310 others':
    async () => {
      const names = ['BTCUSDT', ...Array.from({ length: 311 }, (_, index) => `M${index}USDT`)];
      const many = await trial({}, { symbols: names });
      const change = (...args: readonly string[]) =>
        run(['symbols', ...args, '--lake', many.lake], { env: many.env });
      const [coming = '', leaving = '', ...staying] = names.slice(1);
      const added = await change('add', leaving, ...staying);
      expect(added.code, added.stderr).toBe(0);
      const collector = many.start([]);
      const streams = () =>
        many.simulator
          .truth()
          .connections.filter(({ closedAtMs, url }) => closedAtMs === undefined && url.includes('kline_1m'))
          .map(({ url }) => url);
      const isWatched = (symbol: string) => streams().some((url) => url.includes(`${symbol.toLowerCase()}@`));
      await eventually('all listen', () => streams().length === 4, 20_000);
      await many.until(MINUTE_MS - 14_000);
      await change('remove', leaving);
      await change('add', coming);
      // One who leaves the first three hundred lets another one in from the next.
      await eventually('the change is taken', () => !isWatched(leaving) && isWatched(coming), 60_000);
      const bars = [leaving, ...staying].map((symbol) => ['spot', symbol] as const);
      await expectWhole(many, bars);
      await stop(collector);
      const later = await query(
        many.lake,
        `SELECT symbol, count(*)::INT AS n, count(DISTINCT open_time)::INT AS d FROM bars_1m GROUP BY 1 HAVING n <> d OR symbol = '${leaving}'`,
      );
      expect(later).toEqual([{ symbol: leaving, n: 2, d: 2 }]);
    },

  'a clock of the exchange that is off, and steps, leaves every minute once and exact': async () => {
    const skewed = await trial();
    const collector = skewed.start();
    await skewed.until(20_000);
    skewed.simulator.setFault({ fault: 'clock-skew', offsetMs: -2500 }, { durationMs: 15_000 });
    await expectWhole(skewed);
    await stop(collector);
  },

  'a clock of this machine that is set an hour ahead for a while leaves every minute once and exact, none before its end':
    async () => {
      const moved = join(await temporaryFolder(), 'clock');
      await writeFile(moved, '0');
      const ahead = await trial({
        NODE_OPTIONS: `--require ${resolve('tests/support/moved-clock.cjs')}`,
        MOVED_CLOCK: moved,
      });
      const collector = ahead.start();
      await eventually('all listen', () => ahead.simulator.stats().openConnections === 4);
      await ahead.until(8000);
      await writeFile(moved, String(60 * MINUTE_MS));
      await ahead.until(28_000);
      await writeFile(moved, '0');
      await expectWhole(ahead);
      expect(await query(ahead.lake, 'SELECT * FROM quarantine')).toEqual([]);
      await stop(collector);
    },
};

describe('bars, when the exchange or the line errs', () => {
  it('are there once and exact, each minute of them', async () => {
    await Promise.all(
      Object.entries(TRIALS).map(async ([name, run]) => {
        await run().catch((cause: unknown) => {
          throw new Error(`${name}: ${String(cause)}`, { cause });
        });
      }),
    );
  }, 240_000);
});
