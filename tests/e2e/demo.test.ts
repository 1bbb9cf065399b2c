import { describe, expect, it } from 'vitest';
import { run, temporaryFolder } from '../support/program.ts';

describe('crypto-lake demo', () => {
  it('shows the whole pipeline, proves that nothing was lost or doubled, and leaves a lake behind', async () => {
    const lake = await temporaryFolder();
    const { code, stdout, stderr } = await run(['demo', '--lake', lake]);
    expect(stderr).toMatch(
      /1\. three exchanges[\s\S]*3\. crypto-lake both --bars[\s\S]*is cut[\s\S]*4\. crypto-lake compact[\s\S]*polars\.scan_delta[\s\S]*spark\.read/,
    );
    for (const venue of ['binance', 'bybit', 'okx', 'all'])
      expect(stdout).toMatch(
        new RegExp(`^${venue}: frames sent \\d+ · rows stored [1-9]\\d* · lost 0 · doubled 0`, 'm'),
      );
    expect(stdout).toMatch(/^bars: minutes due [1-9]\d* · rows stored [1-9]\d* · holes left 0 · doubled 0$/m);
    expect(code).toBe(0);
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
