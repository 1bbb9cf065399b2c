import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, exchangeAt, run, start, temporaryFolder } from '../support/program.ts';
import { simulatorFor } from '../support/simulator.ts';

describe('a choice of pairs that keeps nothing', () => {
  it('ends `once` with an error, and `prices` says so', async () => {
    const env = exchangeAt(await simulatorFor({ market: 'none' }));
    const lake = await temporaryFolder();
    const done = await run(['once', '--lake', lake, '--quote', 'usdt'], { env });
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(/^error: no pair that trades is quoted in usdt: .*\[USAGE\]\nhint: .*--all/);
    const prices = start(['prices', '--lake', lake, '--quote', 'usdt', '--interval', '2'], { env });
    let reported = '';
    prices.stderr?.on('data', (chunk) => {
      reported += chunk;
    });
    await eventually('a warning', () =>
      reported.includes('no pair that trades is quoted in usdt: nothing is stored'),
    );
  });

  it('of a flag beats the environment', async () => {
    const env = { ...exchangeAt(await simulatorFor({ market: 'none' })), CRYPTO_LAKE_SYMBOLS: 'BTCUSDT' };
    const lake = await temporaryFolder();
    const stored = async (...flags: string[]) =>
      Number(
        /stored (\d+) prices/.exec((await run(['once', '--lake', lake, ...flags], { env })).stderr)?.[1],
      );
    expect(await stored()).toBe(1);
    expect(await stored('--quote', 'USDT')).toBeGreaterThan(100);
  });
});

it('`once` says what kept a table from taking the answer', async () => {
  const env = exchangeAt(await simulatorFor({ market: 'none' }));
  const lake = await temporaryFolder();
  const log = join(lake, 'prices', '_delta_log');
  await mkdir(log, { recursive: true });
  await writeFile(join(log, '00000000000000000000.json'), '{"protocol":{"minRea');
  const done = await run(['once', '--lake', lake], { env });
  expect(done.code).toBe(6);
  expect(done.stderr).toMatch(
    /\nerror: the answer is in the spool, .*: the log file .* is damaged.*\[TABLE_DAMAGED\]\nhint: .*the next `once` stores it first\n$/,
  );
});
