import { afterEach, describe, expect, it, vi } from 'vitest';
import { Breaker } from '../../src/services/bars/breaker.ts';

const MINUTE_MS = 60_000;

afterEach(() => {
  vi.useRealTimers();
});

describe('a venue that answers with nonsense', () => {
  it('is left alone for 15 min, then for twice as long each time up to 6 h, and that is reported once', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const reports: string[] = [];
    const breaker = new Breaker((text) => void reports.push(text));
    const asked: number[] = [];
    const startMs = Date.now();
    let isBad = true;
    const question = async () => {
      asked.push((Date.now() - startMs) / MINUTE_MS);
      if (isBad) throw new Error('Too Many Requests');
      return 'bars';
    };
    // Whoever waits knows no better than to ask each minute.
    for (let minute = 0; minute < 28 * 60; minute++) {
      expect(await breaker.ask(question)).toBeUndefined();
      vi.setSystemTime(Date.now() + MINUTE_MS);
    }
    expect(asked).toEqual([0, 15, 45, 105, 225, 465, 825, 1185, 1545]);
    expect(reports).toEqual(['it is left alone for a while: Too Many Requests']);
    isBad = false;
    vi.setSystemTime(Date.now() + 6 * 60 * MINUTE_MS);
    expect(await breaker.ask(question)).toBe('bars');
    expect(reports.at(-1)).toBe('it answers again');
    isBad = true;
    await breaker.ask(question);
    const { length } = asked;
    vi.setSystemTime(Date.now() + 15 * MINUTE_MS);
    await breaker.ask(question);
    expect(asked).toHaveLength(length + 1);
  });
});
