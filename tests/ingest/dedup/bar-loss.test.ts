import { expect, it } from 'vitest';
import { BarLedger } from '../../../src/bars/bar-ledger.ts';
import { DedupWindow } from '../../../src/ingest/dedup/dedup-window.ts';
import { FrameLoss } from '../../../src/ingest/dedup/frame-loss.ts';
import { SegmentDecoder } from '../../../src/ingest/rows/segment-decoder.ts';
import { COVERAGE_TABLE } from '../../../src/lake/tables/coverage.ts';
import { sourceOf } from '../../../src/sources/registry.ts';
import type { SpoolRecord } from '../../../src/spool/segments/record.ts';
import { frameAt, rowsOf, SECOND_US, T0_MS, T0_US } from '../../support/segment.ts';

const [ONE, TWO] = ['spot/ws-1', 'spot/ws-2'];
/** The minute that ended before the segment begins. */
const OPEN_MS = T0_MS - (T0_MS % 60_000) - 60_000;
const values = { o: '2', c: '2', h: '2', l: '2', v: '1', n: 1, x: true, q: '2', V: '1', Q: '2', B: '0' };
const k = { t: OPEN_MS, T: OPEN_MS + 59_999, s: 'ADAUSDT', i: '1m', f: 5, L: 5, ...values };
const data = { e: 'kline', E: OPEN_MS + 60_010, s: 'ADAUSDT', k };
const closed = (second: number, connection: string) =>
  frameAt(second * SECOND_US, JSON.stringify({ stream: 'adausdt@kline_1m', data }), connection);
const ticks = (fromS: number, toS: number) =>
  Array.from({ length: toS - fromS + 1 }, (_, index) => fromS + index).flatMap((second) =>
    [ONE, TWO].map((name) => frameAt(second * SECOND_US, '{"stream":"btcusdt@kline_1s","data":{}}', name)),
  );

/** Misses by connection, and what the segments leave known. */
function missedBy(records: readonly SpoolRecord[], ledger = new BarLedger()): readonly number[] {
  const [window, loss] = [new DedupWindow(600_000), new FrameLoss()];
  const decoder = new SegmentDecoder({ source: sourceOf('bars'), window, loss, ledger });
  for (const record of records) decoder.add(record);
  decoder.finish(T0_US);
  ledger.accept();
  const rows = rowsOf(decoder.batches.of(COVERAGE_TABLE));
  return [ONE, TWO].map((name) =>
    rows.filter(({ connection }) => connection === name).reduce((sum, { missed }) => sum + Number(missed), 0),
  );
}

it('a closed bar that one socket brought and the other did not counts against the other', () => {
  expect(missedBy([...ticks(0, 2), closed(2, ONE), ...ticks(3, 14)])).toEqual([0, 1]);
  expect(missedBy([...ticks(0, 2), closed(2, ONE), closed(3, TWO), ...ticks(3, 14)])).toEqual([0, 0]);
});

it('what a restarted collector finds stored counts for nothing when the slower socket brings it', () => {
  const ledger = new BarLedger();
  missedBy([...ticks(0, 1), closed(1, ONE)], ledger);
  expect(missedBy([...ticks(2, 3), closed(3, TWO), ...ticks(4, 15)], ledger)).toEqual([0, 0]);
});
