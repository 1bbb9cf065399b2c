import { expect, it } from 'vitest';
import { BackOff } from '../../src/base/back-off.ts';

const waits = (backOff: BackOff, count: number) => Array.from({ length: count }, () => backOff.nextMs());

it('waits twice as long each time, up to its limit, and from the start again after a success', () => {
  const backOff = new BackOff(50, 300);
  expect(waits(backOff, 5)).toEqual([50, 100, 200, 300, 300]);
  backOff.reset();
  expect(backOff.nextMs()).toBe(50);
});

it('with jitter waits any time up to that', () => {
  expect(waits(new BackOff(100, 1000, () => 0.25), 4)).toEqual([25, 50, 100, 200]);
});
