import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { UpkeepService } from '../../src/services/upkeep-service.ts';
import { parquetTable } from '../support/parquet-table.ts';
import { temporaryFolder } from '../support/program.ts';

function serviceOf(lake: string) {
  const warnings: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void warnings.push(JSON.parse(line).msg) });
  return { warnings, service: new UpkeepService({ lake, intervalMs: 50, log }) };
}

it('upkeep runs as a child of low priority, and merges', async () => {
  const lake = await temporaryFolder();
  const { table } = await parquetTable(join(lake, 'coverage'), { stream: 'string', n: 'long' }).then(
    async (made) => {
      for (const file of [0, 1]) await made.add(`SELECT 's' AS stream, ${file}::BIGINT AS n`);
      return made;
    },
  );
  const { service, warnings } = serviceOf(lake);
  const stop = new AbortController();
  const ran = service.run(stop.signal);
  const priorities = new Set<string>();
  await vi.waitFor(
    () => {
      const children = execFileSync('ps', ['-o', 'ni=,args=', '--ppid', String(process.pid)]).toString();
      for (const line of children.split('\n'))
        if (line.includes('compact --auto')) priorities.add(line.trim().split(/\s+/)[0] ?? '');
      expect(warnings).toContain('upkeep done');
    },
    { timeout: 30_000, interval: 20 },
  );
  stop.abort();
  await ran;
  expect(priorities).toContain(String(constants.priority.PRIORITY_LOW));
  expect((await table.refresh()).files.size).toBe(1);
}, 40_000);

it('upkeep that fails is a warning each time, and is tried again', async () => {
  const lake = await temporaryFolder();
  await mkdir(join(lake, 'coverage', '_delta_log'), { recursive: true });
  await writeFile(join(lake, 'coverage', '_delta_log', '00000000000000000000.json'), 'not JSON');
  const { service, warnings } = serviceOf(lake);
  const stop = new AbortController();
  const ran = service.run(stop.signal);
  await vi.waitFor(() => expect(warnings.length).toBeGreaterThanOrEqual(2), { timeout: 30_000 });
  stop.abort();
  await ran;
  for (const warning of warnings.slice(0, 2))
    expect(warning).toMatch(/^upkeep failed, the next try is in .*coverage/s);
}, 40_000);
