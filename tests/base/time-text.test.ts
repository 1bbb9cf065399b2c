import { describe, expect, it } from 'vitest';
import { durationText, parseDuration, timeLeftText } from '../../src/base/duration.ts';
import { parseSize, sizeText } from '../../src/base/size.ts';
import { isCalendarDay, parseAsOf, parseMoment } from '../../src/base/time-text.ts';

const NOW_MS = Date.parse('2026-11-28T12:00:00Z');

describe('a moment', () => {
  it.each([
    ['2h', '2026-11-28T10:00:00Z'],
    ['1.5d', '2026-11-27T00:00:00Z'],
    ['2w', '2026-11-14T12:00:00Z'],
    ['2028-02-29', '2028-02-29T00:00:00Z'],
    ['2026-11-01T12:00Z', '2026-11-01T12:00:00Z'],
    ['2026-11-01 12:00:30.5+02:00', '2026-11-01T10:00:30.500Z'],
  ])('%s is read', (text, iso) => {
    expect(parseMoment(text, NOW_MS)).toBe(Date.parse(iso));
  });

  it.each([
    '2026-11-31',
    '2026-02-30',
    '2026-02-29T10:00Z',
    '2026-13-01',
    '2026-11-01T25:00Z',
    '2h ago',
    '5',
    '',
  ])('%s is none: no other day is taken for it', (text) => {
    expect(() => parseMoment(text, NOW_MS)).toThrow(/is not a time/);
    if (text !== '5') expect(() => parseAsOf(text, NOW_MS)).toThrow(/is not a time/);
  });

  it('is a day of the calendar only where there is such a day', () => {
    expect(['2026-02-28', '2026-02-29', '2026-2-28'].map(isCalendarDay)).toEqual([true, false, false]);
  });
});

describe('a span of time', () => {
  it('is read with its unit, and only so', () => {
    expect(['500ms', '60s', '10m', '1.5h', '7d', '2w'].map(parseDuration)).toEqual([
      500, 60_000, 600_000, 5_400_000, 604_800_000, 1_209_600_000,
    ]);
    expect(['5', '', '-1s', '1 h', '1y'].map(parseDuration)).toEqual(new Array(5).fill(undefined));
  });

  it('is shown rounded down when it passed, and up when it is to be waited for', () => {
    expect([0, 59_999, 121_000, 7_500_000].map(durationText)).toEqual(['0 s', '59 s', '2 min', '2 h 5 min']);
    expect([0, 59_001, 120_001, 7_440_001].map(timeLeftText)).toEqual(['1 s', '60 s', '3 min', '2 h 5 min']);
  });
});

describe('a size', () => {
  it('is read in powers of two, and shown in powers of ten', () => {
    expect(['1KB', '512MB', '1.5 gb', '7', '1TB'].map(parseSize)).toEqual([
      1024,
      536_870_912,
      1_610_612_736,
      undefined,
      undefined,
    ]);
    expect([1, 999_999, 12_345_678, 2e9].map(sizeText)).toEqual(['1 kB', '1000 kB', '12.3 MB', '2.0 GB']);
  });
});
