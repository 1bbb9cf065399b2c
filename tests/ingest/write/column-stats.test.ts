import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TableBatch } from '../../../src/ingest/rows/table-batch.ts';
import { columnStats } from '../../../src/ingest/write/column-stats.ts';
import type { LakeTable } from '../../../src/lake/table.ts';
import { LIQUIDATION_TABLE } from '../../../src/lake/tables/liquidation.ts';
import { QUARANTINE_TABLE } from '../../../src/lake/tables/quarantine.ts';
import type { Cell, Row } from '../../../src/sources/rows.ts';
import { batchesOf, frameAt, orderText, T0_US } from '../../support/segment.ts';

type QuarantineRow = Row<typeof QUARANTINE_TABLE>;
const ROW: QuarantineRow = {
  source: 'liquidation',
  venue: 'binance',
  market: null,
  connection: 'ws-1',
  received_at: T0_US,
  reason: 'r',
  raw: 'x',
};

const indexedIn = ({ columns, partitionBy }: LakeTable) =>
  new Set(Object.keys(columns).filter((name) => !partitionBy.includes(name)));

function statsOf(rows: readonly Partial<QuarantineRow>[]) {
  const batch = new TableBatch(QUARANTINE_TABLE);
  for (const row of rows) batch.add(T0_US, { ...ROW, ...row });
  const columns = batch.partitions[0]?.columns;
  if (columns === undefined) throw new Error('no rows');
  return JSON.parse(columnStats(QUARANTINE_TABLE, columns, indexedIn(QUARANTINE_TABLE))) as {
    numRecords: number;
    minValues: Record<string, string>;
    maxValues: Record<string, string>;
    nullCount: Record<string, number>;
  };
}
const utf8Order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('statistics of a file', () => {
  it('count rows and nulls of every column that is wanted', () => {
    const stats = statsOf([{}, { raw: null }, { raw: null, reason: null }]);
    expect(stats.numRecords).toBe(3);
    expect(stats.nullCount).toEqual({
      source: 0,
      venue: 0,
      market: 3,
      connection: 0,
      received_at: 0,
      reason: 1,
      raw: 2,
    });
  });

  it('have no bounds of a column that holds nothing', () => {
    const stats = statsOf([{ raw: null }, { raw: null }]);
    expect(stats.minValues).not.toHaveProperty('raw');
    expect(stats.maxValues).not.toHaveProperty('raw');
    expect(stats.nullCount.raw).toBe(2);
  });

  it('round times outwards to milliseconds', () => {
    const stats = statsOf([{ received_at: T0_US + 1 }, { received_at: T0_US + 2001 }]);
    expect(stats.minValues.received_at).toBe('2026-10-08T04:54:10.000Z');
    expect(stats.maxValues.received_at).toBe('2026-10-08T04:54:10.003Z');
  });

  it('have no bounds of numbers that JSON cannot hold', () => {
    const batch = batchesOf([frameAt(0, orderText())]).liquidation;
    const row = { price: Number.NaN, quantity: Number.POSITIVE_INFINITY, filled_quantity: 5 };
    const nothing = Object.fromEntries(Object.keys(LIQUIDATION_TABLE.columns).map((name) => [name, null]));
    batch.add(T0_US, { ...nothing, ...row } as unknown as Row<typeof LIQUIDATION_TABLE>);
    const columns = batch.partitions[0]?.columns;
    const stats = JSON.parse(
      columns === undefined ? '' : columnStats(LIQUIDATION_TABLE, columns, indexedIn(LIQUIDATION_TABLE)),
    );
    for (const bounds of [stats.minValues, stats.maxValues]) {
      expect(bounds).not.toHaveProperty('price');
      expect(bounds).not.toHaveProperty('quantity');
      expect(bounds).toHaveProperty('filled_quantity');
    }
    expect([stats.minValues.filled_quantity, stats.maxValues.filled_quantity]).toEqual([5, 15.4]);
  });

  it('are ordered by the bytes of UTF-8 and hold for every text, however long', () => {
    const text: fc.Arbitrary<Cell> = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 100 }),
      fc.string({ unit: 'grapheme', maxLength: 100 }),
      fc.integer({ min: 1, max: 80 }).map((length) => '\u{10ffff}'.repeat(length)),
      fc.constantFrom('\uffff', '\u{10000}', '币'.repeat(40), ''),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (texts) => {
        const stats = statsOf(texts.map((raw) => ({ raw })));
        const [min, max] = [stats.minValues.raw, stats.maxValues.raw];
        expect(min?.length ?? 0).toBeLessThanOrEqual(33);
        for (const raw of texts) {
          expect(utf8Order(min ?? '', String(raw))).toBeLessThanOrEqual(0);
          if (max !== undefined) expect(utf8Order(max, String(raw))).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});
