import { describe, expect, it } from 'vitest';
import { eventually, run, start, temporaryFolder } from '../support/program.ts';

describe('crypto-lake demo', () => {
  it('shows the whole pipeline, proves that nothing was lost or doubled, and leaves a lake that it serves', async () => {
    const lake = await temporaryFolder();
    const demo = start(['demo', '--serve', '--lake', lake], { env: { CRYPTO_LAKE_PORT: '0' } });
    let said = '';
    demo.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const address = await eventually(
      'the lake is served',
      () => /serving .* on (http:\S+);/.exec(said)?.[1],
      100_000,
    );
    const page = await fetch(address, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('<!doctype html>');
    const bars = await fetch(`${address}/bars/BTCUSDT`);
    expect(((await bars.json()) as { data: unknown[] }).data.length).toBeGreaterThan(0);
    demo.kill('SIGTERM');
    const { stdout, stderr } = await demo.finished;
    expect(stderr).toMatch(
      /1\. three exchanges[\s\S]*3\. crypto-lake both --bars[\s\S]*is cut[\s\S]*4\. crypto-lake compact[\s\S]*polars\.scan_delta[\s\S]*spark\.read[\s\S]*in a browser: .* http:\/\/127\.0\.0\.1:8000\n/,
    );
    for (const venue of ['binance', 'bybit', 'okx', 'all'])
      expect(stdout).toMatch(
        new RegExp(`^${venue}: frames sent \\d+ · rows stored [1-9]\\d* · lost 0 · doubled 0`, 'm'),
      );
    expect(stdout).toMatch(/^bars: minutes due [1-9]\d* · rows stored [1-9]\d* · holes left 0 · doubled 0$/m);
    const again = await run([
      'read',
      '--lake',
      `${lake}/_demo`,
      '--sql',
      'SELECT count(*) AS n FROM liquidation',
    ]);
    expect(JSON.parse(again.stdout).n).toBeGreaterThan(0);
  }, 120_000);
});
