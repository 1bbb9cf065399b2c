/**
 * `crypto-lake demo`: the bundled exchanges, the real `both --bars` against them as a child process, with every line cut
 * once, a compaction, the analysis, queries, and the proof that what was sent is what is stored. No network; the lake is
 * left behind, and open in a browser with `--serve`.
 */
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LakeError } from '../../base/errors.ts';
import { startExchanges } from '../../simulator/start-exchanges.ts';
import type { Command } from '../context.ts';
import { type BarProof, type OrderProof, proveBars, proveOrders } from '../demo-proof.ts';
import { captureProgram, runProgram, startProgram } from '../run-program.ts';

const SYMBOLS = [
  ['spot', 'BTCUSDT'],
  ['spot', 'ETHUSDT'],
  ['usdm', 'BTCUSDT'],
  ['coinm', 'BTCUSD_PERP'],
] as const;
const QUERIES = [
  'SELECT venue, symbol, side, count(*) AS orders, round(sum(notional)) AS at_least_usd FROM liquidation GROUP BY ALL ORDER BY 5 DESC LIMIT 5',
  'SELECT market, symbol, open_time, close, volume, trade_count, origin FROM bars_1m ORDER BY ALL LIMIT 5',
  'SELECT symbol, last_price, price_change_percent FROM prices WHERE collected_at = (SELECT max(collected_at) FROM prices) ORDER BY quote_volume DESC LIMIT 5',
];
const LEAST_SECONDS = 16;
/** Long enough before the end for a bar of this minute to be missed, asked for, and stored. */
const MINUTE_END_S = 12;
/** Before the end of the minute: what closes its bars is lost. */
const CUT_S = 0.7;
const MINUTE_MS = 60_000;

export const demo: Command = async ({ config, io, signal }, flags) => {
  const seconds = Number(flags.seconds);
  if (!(seconds >= LEAST_SECONDS && seconds <= 3600)) {
    throw new LakeError('USAGE', `\`--seconds\` must be from ${LEAST_SECONDS} to 3600`, {
      hint: `the default is ${LEAST_SECONDS}`,
    });
  }
  const lake = join(config.lake, '_demo');
  await rm(lake, { recursive: true, force: true });
  // The exchange's minute ends while the demo looks, whatever the time is.
  const untilMinuteMs = ((seconds - MINUTE_END_S) * 1000) % MINUTE_MS;
  const aheadMs = (2 * MINUTE_MS - (Date.now() % MINUTE_MS) - untilMinuteMs) % MINUTE_MS;
  const exchanges = await startExchanges(
    {
      framesPerSecond: 20,
      clock: {
        nowUs: () => Math.round((performance.timeOrigin + performance.now() + aheadMs) * 1000),
        monotonicMs: () => performance.now(),
      },
    },
    { messagesPerSecond: 5 },
  );
  const { simulator } = exchanges;
  try {
    const env = {
      ...process.env,
      ...exchanges.addresses,
      CRYPTO_LAKE_DIR: lake,
      CRYPTO_LAKE_FLUSH: '2s',
      CRYPTO_LAKE_UPKEEP: 'off',
      // The line is cut on purpose, and the exchange's clock is ahead.
      LOG_LEVEL: 'error',
    };
    io.say('1. three exchanges on this machine:');
    for (const name of ['binance', ...Object.keys(exchanges.venues)])
      io.say(`   ${name}: ${exchanges.venues[name]?.wsUrl ?? simulator.wsUrl}`);
    const watched = SYMBOLS.map(([market, symbol]) => (market === 'spot' ? symbol : `${market}:${symbol}`));
    io.say(`\n2. crypto-lake symbols add ${watched.join(' ')}`);
    await runProgram(['symbols', 'add', ...watched], env, signal);

    io.say(`\n3. crypto-lake both --bars --venue all --interval 2 against them, for ${seconds} s`);
    const collector = startProgram(['both', '--bars', '--venue', 'all', '--interval', '2'], env);
    // The clock is read once: between two reads it may go on, and no minute would begin where this one does.
    const beganMs = simulator.nowMs();
    const fromMs = beganMs - (beganMs % MINUTE_MS);
    const startedMs = performance.now();
    const untilMs = (ms: number) =>
      sleep(Math.max(0, startedMs + ms - performance.now()), undefined, { signal }).catch(() => undefined);
    await untilMs(fromMs + MINUTE_MS - simulator.nowMs() - CUT_S * 1000);
    io.say(`   the line of every exchange is cut, ${CUT_S} s before a minute ends`);
    exchanges.cut();
    await untilMs(seconds * 1000);
    await exchanges.confirm();
    const toMs = fromMs + Math.floor((simulator.nowMs() - fromMs - LATE_MS) / MINUTE_MS) * MINUTE_MS;
    collector.stop();
    await collector.ended;
    const sent = exchanges.sent();
    signal.throwIfAborted();

    io.say('\n4. crypto-lake compact');
    await runProgram(['compact', '--all'], env, signal);
    io.say('\n5. crypto-lake read');
    await runProgram(['read'], env, signal);
    for (const [index, sql] of QUERIES.entries()) {
      io.say(`\n${index + 6}. crypto-lake read --sql "${sql}"`);
      await runProgram(['read', '--sql', sql, '--format', 'table'], env, signal);
    }
    const rowsOf = (sql: string) => captureProgram(['read', '--format', 'ndjson', '--sql', sql], env, signal);
    const orders = proveOrders(sent, await rowsOf('SELECT * FROM liquidation'));
    const bars = proveBars(simulator, await rowsOf('SELECT * FROM bars_1m'), SYMBOLS, { fromMs, toMs });
    io.say('\nThe proof:');
    for (const line of proofLines(orders, bars)) io.print(line);
    const shown = relative(process.cwd(), lake) || lake;
    io.say(
      [
        `\nThe lake is in ${shown}. Query it`,
        `  from the shell:  npx crypto-lake read --lake ${shown} --sql "SELECT count(*) FROM liquidation"`,
        `  from Python:     polars.scan_delta("${shown}/liquidation").collect()`,
        `  from Spark:      spark.read.format("delta").load("${shown}/liquidation").show()`,
        `  in a browser:    npx crypto-lake serve --lake ${shown}, then http://127.0.0.1:8000`,
      ].join('\n'),
    );
    const isProven =
      orders.every(({ lost, doubled }) => lost + doubled === 0) && bars.holes + bars.doubled === 0;
    if (!isProven) {
      throw new LakeError('CHECK_FAILED', 'the demo lost or doubled rows, or left a hole', {
        hint: 'please report this with its output',
      });
    }
    if (flags.serve === true) {
      io.say('\ncrypto-lake serve');
      await runProgram(['serve'], env, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  } finally {
    await exchanges.close();
  }
};

/** A minute that ended just before the end is not due yet. */
const LATE_MS = (MINUTE_END_S - 2) * 1000;

function proofLines(orders: readonly OrderProof[], bars: BarProof): readonly string[] {
  const sum = (of: (proof: OrderProof) => number) => orders.reduce((total, proof) => total + of(proof), 0);
  const doubled = sum((proof) => proof.doubled) + bars.doubled;
  return [
    ...orders.map(
      (one) =>
        `${one.venue}: frames sent ${one.sent} · rows stored ${one.stored} · lost ${one.lost} · doubled ${one.doubled}`,
    ),
    `bars: minutes due ${bars.due} · rows stored ${bars.stored} · holes left ${bars.holes} · doubled ${bars.doubled}`,
    `all: frames sent ${sum((proof) => proof.sent)} · rows stored ${sum((proof) => proof.stored)} · lost ${sum((proof) => proof.lost)} · doubled ${doubled} · holes left ${bars.holes}`,
  ];
}
