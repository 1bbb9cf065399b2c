/**
 * `crypto-lake demo`: the bundled exchange, the real `both` against it as a child process, a compaction, the analysis,
 * two queries, and the proof that what was sent is what is stored. No network; the lake is left behind.
 */
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LakeError } from '../../base/errors.ts';
import { startSimulator } from '../../simulator/start-simulator.ts';
import type { Command } from '../context.ts';
import { proveDemo } from '../demo-proof.ts';
import { captureProgram, runProgram, startProgram } from '../run-program.ts';

const QUERIES = [
  'SELECT symbol, side, count(*) AS orders, round(sum(notional)) AS at_least_usd FROM liquidation GROUP BY ALL ORDER BY 4 DESC LIMIT 5',
  'SELECT symbol, last_price, price_change_percent FROM prices WHERE collected_at = (SELECT max(collected_at) FROM prices) ORDER BY quote_volume DESC LIMIT 5',
];

export const demo: Command = async ({ config, io, signal }, flags) => {
  const seconds = Number(flags.seconds);
  if (!(seconds >= 4 && seconds <= 3600)) {
    throw new LakeError('USAGE', '`--seconds` must be from 4 to 3600', { hint: 'the default is 12' });
  }
  const lake = join(config.lake, '_demo');
  await rm(lake, { recursive: true, force: true });
  const simulator = await startSimulator({ framesPerSecond: 20 });
  try {
    const env = {
      ...process.env,
      CRYPTO_LAKE_DIR: lake,
      CRYPTO_LAKE_FLUSH: '3s',
      CRYPTO_LAKE_UPKEEP: 'off',
      LOG_LEVEL: 'warn',
      BINANCE_FUTURES_WS_URL: simulator.wsUrl,
      BINANCE_FUTURES_REST_URL: simulator.restUrl,
      BINANCE_COINM_REST_URL: simulator.restUrl,
      BINANCE_SPOT_REST_URL: simulator.restUrl,
    };
    io.say(`1. an exchange on this machine: ${simulator.wsUrl}`);
    io.say(`2. crypto-lake both --interval 2 against it, for ${seconds} s`);
    const collector = startProgram(['both', '--interval', '2'], env);
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
    await simulator.confirm();
    collector.stop();
    await collector.ended;
    const truth = simulator.truth();
    signal.throwIfAborted();

    io.say('\n3. crypto-lake compact');
    await runProgram(['compact', '--all'], env, signal);
    io.say('\n4. crypto-lake read');
    await runProgram(['read'], env, signal);
    for (const [index, sql] of QUERIES.entries()) {
      io.say(`\n${index + 5}. crypto-lake read --sql "${sql}"`);
      await runProgram(['read', '--sql', sql, '--format', 'table'], env, signal);
    }
    const rows = await captureProgram(
      ['read', '--format', 'ndjson', '--sql', 'SELECT * FROM liquidation'],
      env,
      signal,
    );
    const proof = proveDemo(truth, rows);
    io.say('\nThe proof:');
    io.print(
      `frames sent ${proof.sent} · rows stored ${proof.stored} · lost ${proof.lost} · doubled ${proof.doubled}`,
    );
    const shown = relative(process.cwd(), lake) || lake;
    io.say(
      [
        `\nThe lake is in ${shown}. Query it`,
        `  from the shell:  npx crypto-lake read --lake ${shown} --sql "SELECT count(*) FROM liquidation"`,
        `  from Python:     polars.scan_delta("${shown}/liquidation").collect()`,
        `  from Spark:      spark.read.format("delta").load("${shown}/liquidation").show()`,
      ].join('\n'),
    );
    if (proof.lost + proof.doubled > 0) {
      throw new LakeError('CHECK_FAILED', 'the demo lost or doubled rows', {
        hint: 'please report this with its output',
      });
    }
  } finally {
    await simulator.close();
  }
};
