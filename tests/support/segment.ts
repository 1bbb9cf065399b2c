/** Records of a segment as a test writes them, and the rows that come out. */

import { DedupWindow } from '../../src/ingest/dedup/dedup-window.ts';
import { FrameLoss } from '../../src/ingest/dedup/frame-loss.ts';
import { cellsOf } from '../../src/ingest/rows/column-cells.ts';
import { type SegmentContext, SegmentDecoder } from '../../src/ingest/rows/segment-decoder.ts';
import type { TableBatch } from '../../src/ingest/rows/table-batch.ts';
import type { LakeTable } from '../../src/lake/table.ts';
import { COVERAGE_TABLE } from '../../src/lake/tables/coverage.ts';
import { LIQUIDATION_TABLE } from '../../src/lake/tables/liquidation.ts';
import { PRICES_TABLE } from '../../src/lake/tables/prices.ts';
import { QUARANTINE_TABLE } from '../../src/lake/tables/quarantine.ts';
import { sourceOf } from '../../src/sources/registry.ts';
import type { Cell } from '../../src/sources/rows.ts';
import type { PollInfo, SpoolEvent, SpoolRecord } from '../../src/spool/segments/record.ts';

/** 2026-10-08T04:54:10.000Z. */
export const T0_MS = 1_791_435_250_000;
export const T0_US = T0_MS * 1000;
export const SECOND_US = 1_000_000;

const ORDER = { s: 'XRPUSDT', S: 'BUY', o: 'LIMIT', f: 'IOC', q: '15.4', p: '1.4111', ap: '1.4043' };

/** The text of a forced order's frame. */
export function orderText(change: object = {}): string {
  const o = { ...ORDER, X: 'FILLED', l: '15.4', z: '15.4', T: T0_MS, ...change };
  return JSON.stringify({ stream: '!forceOrder@arr', data: { e: 'forceOrder', E: T0_MS + 1005, o } });
}

/** A record `afterUs` after the beginning. */
export function frameAt(afterUs: number, text: string, connection = 'ws-1'): SpoolRecord {
  return { kind: 'frame', receivedAtUs: T0_US + afterUs, connection, payload: Buffer.from(text) };
}

export function tickAt(afterUs: number, connection = 'ws-1'): SpoolRecord {
  return frameAt(afterUs, '{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate"}}', connection);
}

export function eventAt(afterUs: number, event: SpoolEvent, connection = ''): SpoolRecord {
  return {
    kind: 'event',
    receivedAtUs: T0_US + afterUs,
    connection,
    payload: Buffer.from(JSON.stringify(event)),
  };
}

export function responseAt(afterUs: number, body: string, change: Partial<PollInfo> = {}): SpoolRecord {
  const request: PollInfo = {
    market: 'spot',
    stream: 'ticker/24hr',
    scheduledAtUs: T0_US,
    startedAtUs: T0_US + 5000,
    ...change,
  };
  const payload = Buffer.from(`${JSON.stringify({ request })}\n${body}`);
  return { kind: 'response', receivedAtUs: T0_US + afterUs, connection: 'rest', payload };
}

export interface Batches {
  readonly liquidation: TableBatch<typeof LIQUIDATION_TABLE>;
  readonly prices: TableBatch<typeof PRICES_TABLE>;
  readonly quarantine: TableBatch<typeof QUARANTINE_TABLE>;
  readonly coverage: TableBatch<typeof COVERAGE_TABLE>;
  readonly duplicates: number;
}

/** What becomes of the records of a segment. @param context the source by its id, and what came before. */
export function batchesOf(
  records: Iterable<Parameters<SegmentDecoder['add']>[0]>,
  context: Partial<Omit<SegmentContext, 'source'>> & { readonly source?: string } = {},
): Batches {
  const { source = 'liquidations', window = new DedupWindow(600_000), loss = new FrameLoss() } = context;
  window.discard();
  const decoder = new SegmentDecoder({ source: sourceOf(source), window, loss });
  for (const record of records) decoder.add(record);
  decoder.finish(T0_US);
  return {
    liquidation: decoder.batches.of(LIQUIDATION_TABLE),
    prices: decoder.batches.of(PRICES_TABLE),
    quarantine: decoder.batches.of(QUARANTINE_TABLE),
    coverage: decoder.batches.of(COVERAGE_TABLE),
    duplicates: decoder.duplicates,
  };
}

/** The rows of `coverage` of one market: a connection that carries two has two for each span. */
export function spanRowsOf({ coverage }: Batches, market = 'usdm'): Record<string, Cell>[] {
  return rowsOf(coverage).filter((row) => row.market === market);
}

/** The rows of a batch with their partition, in the order they were added within a day. */
export function rowsOf<T extends LakeTable>(batch: TableBatch<T>): Record<string, Cell>[] {
  return batch.partitions.flatMap(({ values: { date = null }, columns: { byName, rowCount } }) => {
    const cells = Object.entries(byName).map(([name, column]) => [name, cellsOf(column)] as const);
    return Array.from({ length: rowCount }, (_, row) => ({
      ...Object.fromEntries(cells.map(([name, values]) => [name, values[row] ?? null])),
      date,
    }));
  });
}
