import { describe, expect, it } from 'vitest';
import { dayText, partitionEndMs, periodStartUs, type Timeframe } from '../../src/lake/timeframe.ts';

const us = (text: string) => Date.parse(text) * 1000;

describe('the period of a bar', () => {
  it.each<[Timeframe, string, string]>([
    ['1m', '2026-03-01', '2026-02-28'],
    ['5m', '2026-03-01', '2026-02-01'],
    ['15m', '2026-03-01', '2026-02-01'],
    ['1h', '2026-03-01', '2026-02-01'],
    ['4h', '2026-01-01', '2025-01-01'],
    ['1d', '2026-01-01', '2025-01-01'],
  ])('%s begins at %s, after the one that begins at %s', (timeframe, start, before) => {
    const inIt = us('2026-03-01T23:59:59Z');
    expect(dayText(periodStartUs(timeframe, inIt))).toBe(start);
    expect(dayText(periodStartUs(timeframe, inIt, -1))).toBe(before);
  });
});

describe('a partition is over', () => {
  it.each([
    [{ date: '2026-02-28' }, '2026-03-01'],
    [{ timeframe: '1m', period: '2026-02-28' }, '2026-03-01'],
    [{ timeframe: '1h', period: '2026-02-01' }, '2026-03-01'],
    [{ timeframe: '1d', period: '2026-01-01' }, '2027-01-01'],
    [{ venue: 'x', date: '2026-02-28' }, '2026-03-01'],
  ])('%o at %s', (values, end) => expect(partitionEndMs(values)).toBe(Date.parse(end)));

  it('never by the clock when it is none of time', () => {
    expect(partitionEndMs({})).toBeUndefined();
    expect(partitionEndMs({ venue: 'x', date: null })).toBeUndefined();
  });
});
