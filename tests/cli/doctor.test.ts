import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { findingText } from '../../src/cli/show/finding-text.ts';
import { run, temporaryFolder } from '../support/program.ts';

describe('crypto-lake doctor', () => {
  it('looks at everything without the network, and ends with 0 when all is well', async () => {
    const lake = join(await temporaryFolder(), 'a lake');
    const { code, stdout, stderr } = await run(['doctor', '--lake', lake]);
    expect(stderr).toContain('all is well');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✓ node /m);
    expect(stdout).toMatch(/doctor\s+--network\s+--lake\s+'/);
    for (const line of stdout.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  });

  it('ends with 1 when something is wrong, says how it is fixed, and lets nothing raw to the terminal', async () => {
    const lake = await temporaryFolder();
    const log = join(lake, 'evil\u001b[31m', '_delta_log');
    await mkdir(log, { recursive: true });
    await writeFile(join(log, '00000000000000000000.json'), '{"pro');
    const { code, stdout, stderr } = await run(['doctor', '--lake', lake]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: 1 of \d+ checks failed \[DOCTOR_FAILED\]\nhint: /);
    expect(stdout).toMatch(/^✗ logs .*evil\\u001b\[31m cannot be opened/m);
    expect(stdout).toMatch(/^✗ logs[^✓–]*\n +→ \S/m);
    expect(stdout).not.toContain('\u001b');
    for (const line of stdout.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  });

  it('gives the same as JSON, with a fix for each failure', async () => {
    const file = join(await temporaryFolder(), 'lake');
    await writeFile(file, '');
    const { code, stdout } = await run(['doctor', '--json', '--lake', file]);
    expect(code).toBe(1);
    const findings = JSON.parse(stdout) as Array<Record<string, unknown>>;
    expect(findings.find(({ check }) => check === 'lake')).toMatchObject({ status: 'fail' });
    for (const { status, fix } of findings)
      expect(typeof fix).toBe(status === 'fail' || status === 'warn' ? 'string' : 'object');
  });
});

describe('a finding', () => {
  const finding = {
    check: 'logs',
    status: 'fail',
    text: `币安人生 ${'long '.repeat(30)}${'x'.repeat(100)}`,
    fix: 'do this',
  } as const;

  it.each([30, 40, 80, 200])('fits %d columns', (columns) => {
    const lines = findingText(finding, { color: false, columns }).split('\n');
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(Math.min(columns, 80));
    expect(lines.at(-1)?.trim()).toBe('→ do this');
  });

  it('has colour on its mark alone', () => {
    const text = findingText(finding, { color: true, columns: 80 });
    expect(text.startsWith('\x1b[31m✗\x1b[0m logs')).toBe(true);
    expect(text.split('\x1b')).toHaveLength(3);
  });
});
