/** A lake and a spool as version 0.1.0 left them: columns, names in `txn`, and records are written down here as they were. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it } from 'vitest';
import { createSystemClock } from '../../../src/base/clock.ts';
import { DeltaTable } from '../../../src/delta/delta-table.ts';
import { nullableField } from '../../../src/delta/format/schema.ts';
import { LocalStore } from '../../../src/delta/store/local-store.ts';
import { SegmentCommitter } from '../../../src/ingest/commit/segment-committer.ts';
import { PARQUET_CHECKPOINTS } from '../../../src/parquet/parquet-checkpoints.ts';
import { createStatus } from '../../../src/services/collector-status.ts';
import { SourceCollector } from '../../../src/services/source-collector.ts';
import { sourceOf } from '../../../src/sources/registry.ts';
import type { SpoolRecord } from '../../../src/spool/segments/record.ts';
import { encodedLength, encodeRecordInto } from '../../../src/spool/segments/record-codec.ts';
import { encodeSegmentHeader, MARKER_BYTES } from '../../../src/spool/segments/segment-header.ts';
import { machineId } from '../../../src/spool/state/machine-id.ts';
import { query, temporaryFolder } from '../../support/program.ts';
import { frameAt, orderText, SECOND_US, T0_US, tickAt } from '../../support/segment.ts';

const APP_ID = 'crypto-lake:00000000-0000-4000-8000-000000000001:liquidations';

const OLD_COLUMNS = {
  coverage: [
    ['source', 'string'],
    ['stream', 'string'],
    ['connection', 'string'],
    ['state', 'string'],
    ['started_at', 'timestamp'],
    ['ended_at', 'timestamp'],
    ['frames', 'long'],
    ['missed', 'long'],
    ['end_reason', 'string'],
    ['clock_offset_us', 'long'],
    ['date', 'date'],
  ],
  quarantine: [
    ['source', 'string'],
    ['connection', 'string'],
    ['received_at', 'timestamp'],
    ['reason', 'string'],
    ['raw', 'string'],
    ['date', 'date'],
  ],
} as const;

/** Tables that have segments up to 4 of a name, and a name of 0.1.0 for one that was passed over. */
async function oldTables(lake: string): Promise<void> {
  for (const [name, columns] of Object.entries(OLD_COLUMNS)) {
    const table = await DeltaTable.openOrCreate(
      new LocalStore(join(lake, name)),
      { checkpoints: PARQUET_CHECKPOINTS },
      {
        fields: columns.map(([column, type]) => nullableField(column, type)),
        partitionColumns: ['date'],
        description: '',
        configuration: {},
      },
    );
    await table.commit({ operation: 'WRITE', txn: { appId: APP_ID, version: 4 }, reads: 'nothing' });
    await table.commit({
      operation: 'WRITE',
      txn: { appId: `${APP_ID}:late-2`, version: 1 },
      reads: 'nothing',
    });
  }
}

const event = (afterUs: number, value: object): SpoolRecord => ({
  kind: 'event',
  receivedAtUs: T0_US + afterUs,
  connection: '',
  payload: Buffer.from(JSON.stringify(value)),
});

const MARKER = Buffer.alloc(MARKER_BYTES, 7);

function segmentBytes(segment: number, records: readonly SpoolRecord[]): Buffer {
  const header = encodeSegmentHeader({ segment, createdAtUs: T0_US, marker: MARKER });
  const parts = records.map((record) => {
    const bytes = Buffer.alloc(encodedLength(record));
    encodeRecordInto(bytes, 0, record, MARKER);
    return bytes;
  });
  return Buffer.concat([header, ...parts]);
}

it('a lake and a spool of version 0.1.0 go on: its segment is stored under its name, with its contract sizes', async () => {
  const lake = await temporaryFolder();
  const spool = join(lake, '_spool');
  const folder = join(spool, 'liquidations');
  await oldTables(lake);
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'identity.json'),
    `${JSON.stringify({ appId: APP_ID, machine: machineId() })}\n`,
  );
  await writeFile(join(folder, 'last-segment'), '5\n');
  const records = [
    event(0, {
      type: 'segment_opened',
      connections: [{ connection: 'ws-1', lastMessageAtUs: T0_US - 1000, unproven: false }],
      clockOffsetUs: 1500,
      contractSizes: { BTCUSD_PERP: 100 },
    }),
    tickAt(0),
    frameAt(1, orderText({ s: 'BTCUSD_PERP', st: 2, z: '3' })),
    event(2, { type: 'contract_sizes', sizes: { BTCUSD_PERP: 100, ETHUSD_PERP: 10 } }),
    frameAt(3, orderText({ s: 'ETHUSD_PERP', st: 2, z: '2' })),
    frameAt(4, 'nonsense'),
    tickAt(SECOND_US),
    event(SECOND_US, { type: 'segment_closed' }),
  ];
  await writeFile(join(folder, '0000000005.segment'), segmentBytes(5, records));
  const clock = createSystemClock();
  const source = sourceOf('liquidations');
  const collector = await SourceCollector.open({
    source,
    lake,
    spool,
    ingest: new SegmentCommitter(clock),
    clock,
    log: pino({ level: 'silent' }),
    flushMs: 60_000,
    duplicateWindowMs: 60_000,
    lockWaitMs: 0,
    status: createStatus(source, clock.nowUs()),
    carry: () => ({ connections: [] }),
  });
  expect(await collector.close(20_000)).toBe(0);
  expect(await query(lake, 'SELECT symbol, notional FROM liquidation ORDER BY 1')).toEqual([
    { symbol: 'BTCUSD_PERP', notional: 300 },
    { symbol: 'ETHUSD_PERP', notional: 20 },
  ]);
  expect(await query(lake, 'SELECT venue, raw FROM quarantine')).toEqual([
    { venue: 'binance', raw: 'nonsense' },
  ]);
  expect(
    await query(
      lake,
      'SELECT market, frames::INT AS frames, clock_offset_us::INT AS o FROM coverage ORDER BY 1',
    ),
  ).toEqual([
    { market: 'coinm', frames: 2, o: 1500 },
    { market: 'usdm', frames: 0, o: 1500 },
  ]);
  const { snapshot } = await DeltaTable.open(new LocalStore(join(lake, 'coverage')), {
    checkpoints: PARQUET_CHECKPOINTS,
  });
  expect([...snapshot.txns.values()].map(({ appId, version }) => [appId, Number(version)])).toEqual([
    [APP_ID, 5],
    [`${APP_ID}:late-2`, 1],
  ]);
});

it('a lake of version 0.1.0 that nobody has written to since answers the views of coverage', async () => {
  const lake = await temporaryFolder();
  await oldTables(lake);
  expect(await query(lake, "SELECT listened(now()) AS a, listened(now(), 'bybit') AS b")).toEqual([
    { a: false, b: false },
  ]);
  expect(await query(lake, 'SELECT * FROM coverage_by_market')).toEqual([]);
});
