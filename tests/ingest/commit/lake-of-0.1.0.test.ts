/**
 * A lake and a spool that version 0.1.0 itself wrote (commit bdc6509, `both` against its simulator, ended by SIGKILL): four
 * commits a table, and a segment of each source left over. What they must become is what that version made of them.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import pino from 'pino';
import { expect, it } from 'vitest';
import { createSystemClock } from '../../../src/base/clock.ts';
import { SegmentCommitter } from '../../../src/ingest/commit/segment-committer.ts';
import { openTable } from '../../../src/lake/open-table.ts';
import { createStatus } from '../../../src/services/collector-status.ts';
import { SourceCollector } from '../../../src/services/source-collector.ts';
import { sourceOf } from '../../../src/sources/registry.ts';
import { machineId } from '../../../src/spool/state/machine-id.ts';
import { compactTable } from '../../../src/upkeep/compaction/compact-table.ts';
import { query, temporaryFolder } from '../../support/program.ts';

const APP_ID = 'crypto-lake:3854d2eb-e303-45fb-a8b0-379afea56c4f:liquidations';

async function oldLake(): Promise<string> {
  const lake = await temporaryFolder();
  const packed = await readFile('tests/support/lake-of-0.1.0.json.gz');
  const files = JSON.parse(gunzipSync(packed).toString()) as Record<string, string>;
  for (const [name, base64] of Object.entries(files)) {
    await mkdir(dirname(join(lake, name)), { recursive: true });
    let bytes = Buffer.from(base64, 'base64');
    // The spool stays with its machine, which for a test is this one.
    if (name.endsWith('identity.json'))
      bytes = Buffer.from(JSON.stringify({ ...JSON.parse(bytes.toString()), machine: machineId() }));
    await writeFile(join(lake, name), bytes);
  }
  return lake;
}

async function takeIn(lake: string, id: 'liquidation' | 'prices' | 'liquidations'): Promise<void> {
  const clock = createSystemClock();
  const source = sourceOf(id);
  const collector = await SourceCollector.open({
    source,
    lake,
    spool: join(lake, '_spool'),
    ingest: new SegmentCommitter(clock),
    clock,
    log: pino({ level: 'silent' }),
    flushMs: 60_000,
    duplicateWindowMs: 600_000,
    lockWaitMs: 0,
    status: createStatus(source, clock.nowUs()),
    carry: () => ({ connections: [] }),
  });
  expect(await collector.close(20_000)).toBe(0);
}

const LIQUIDATIONS =
  'SELECT count(*)::INT AS n, count(DISTINCT symbol)::INT AS symbols, round(sum(notional), 2) AS notional FROM liquidation';
const PRICES = 'SELECT count(*)::INT AS n, round(sum(last_price), 2) AS total FROM prices';
const FRAMES =
  "SELECT connection, sum(frames)::INT AS n, sum(missed)::INT AS missed FROM coverage WHERE state = 'listening' GROUP BY 1 ORDER BY 1";

it('is read, taken over with the segments that are left, and compacted, without a row more or less', async () => {
  const lake = await oldLake();
  const prices = [{ n: 16, total: 705935.88 }];
  expect(await query(lake, LIQUIDATIONS)).toMatchObject([{ n: 45, notional: 33287.33 }]);
  expect(await query(lake, PRICES)).toEqual(prices);

  await takeIn(lake, 'liquidations');
  await takeIn(lake, 'prices');
  const expected = [{ n: 47, symbols: 39, notional: 33713.96 }];
  expect(await query(lake, LIQUIDATIONS)).toEqual(expected);
  expect(await query(lake, PRICES)).toEqual(prices);
  expect(await query(lake, FRAMES)).toEqual([
    { connection: 'ws-1', n: 47, missed: 0 },
    { connection: 'ws-2', n: 46, missed: 0 },
  ]);
  expect(existsSync(join(lake, '_spool', 'liquidations', '0000000005.segment'))).toBe(false);
  const table = await openTable(join(lake, 'liquidation'));
  expect([...table.snapshot.txns.values()].map(({ appId }) => appId)).toEqual([APP_ID]);

  await compactTable(table, {
    clusterBy: ['symbol', 'trade_time'],
    curve: 'none',
    targetBytes: 2 ** 27,
    only: undefined,
    dryRun: false,
    memoryBytes: 512 * 2 ** 20,
    all: true,
    nowMs: Date.now(),
    signal: new AbortController().signal,
  });
  expect((await openTable(join(lake, 'liquidation'))).snapshot.files.size).toBe(1);
  expect(await query(lake, LIQUIDATIONS)).toEqual(expected);
});
