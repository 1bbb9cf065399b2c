import { describe, expect, it } from 'vitest';
import { archivePeriods, chunksOf } from '../../src/services/backfill/backfill-plan.ts';

const us = (day: string) => Date.parse(day) * 1000;
const year = { fromUs: us('2024-01-01'), toUs: us('2025-01-01') };

describe('the stretches that a backfill takes one after the other', () => {
  it('of a year are months, each a file of the archive', () => {
    const periods = chunksOf(year, 4).map((chunk) => archivePeriods(chunk).map(({ period }) => period));
    expect(periods).toEqual(
      Array.from({ length: 12 }, (_, month) => [`2024-${String(month + 1).padStart(2, '0')}`]),
    );
  });

  it('of many symbols are days, and none is left out or taken twice', () => {
    const chunks = chunksOf({ fromUs: us('2024-01-30T12:00Z'), toUs: us('2024-03-02T06:00Z') }, 100);
    expect(chunks[0]?.fromUs).toBe(us('2024-01-30T12:00Z'));
    expect(chunks.at(-1)?.toUs).toBe(us('2024-03-02T06:00Z'));
    for (const [index, { fromUs, toUs }] of chunks.entries()) {
      expect(toUs - fromUs).toBeLessThanOrEqual(2 * 86_400_000_000);
      if (index > 0) expect(fromUs).toBe(chunks[index - 1]?.toUs);
    }
  });
});
