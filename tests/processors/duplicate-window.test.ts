import { describe, expect, it } from 'vitest';
import { DuplicateWindow } from '../../src/processors/duplicate-window.ts';

const MINUTE_US = 60_000_000;

describe('the window of recent keys', () => {
  it('knows a key for its length, counted from its first receipt', () => {
    const window = new DuplicateWindow(600_000);
    window.accept([['a', 0]]);
    expect(window.has('a', 10 * MINUTE_US)).toBe(true);
    expect(window.has('a', 10 * MINUTE_US + 1)).toBe(false);
    expect(window.has('b', 0)).toBe(false);
  });

  it('knows a key received by a clock that was set back', () => {
    const window = new DuplicateWindow(600_000);
    window.accept([['a', 60 * MINUTE_US]]);
    expect(window.has('a', 0)).toBe(true);
  });

  it('forgets what is too old when newer keys come', () => {
    const window = new DuplicateWindow(600_000);
    for (let minute = 0; minute < 60; minute++) window.accept([[`key ${minute}`, minute * MINUTE_US]]);
    expect(window.size).toBe(11);
  });

  it('holds no more than its bound in a flood, and forgets the oldest first', () => {
    const window = new DuplicateWindow(600_000, 100);
    window.accept(Array.from({ length: 1000 }, (_, i) => [`key ${i}`, i]));
    expect(window.size).toBe(100);
    expect(window.has('key 999', 1000)).toBe(true);
    expect(window.has('key 899', 1000)).toBe(false);
  });
});
