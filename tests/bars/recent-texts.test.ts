import { expect, it } from 'vitest';
import { RecentTexts } from '../../src/bars/recent-texts.ts';

it('the newest texts are found by their number, older and longer ones are gone', () => {
  const texts = new RecentTexts();
  const numbers = Array.from({ length: 10_000 }, (_, index) => texts.keep(Buffer.from(`币${index}`)));
  expect(texts.get(numbers[9999] ?? -1)).toBe('币9999');
  expect(texts.get(numbers[10_000 - 8192] ?? -1)).toBe(`币${10_000 - 8192}`);
  expect(texts.get(numbers[0] ?? -1)).toBeUndefined();
  expect(texts.get(numbers[10_000 - 8193] ?? -1)).toBeUndefined();
  expect(texts.get(texts.keep(Buffer.alloc(513, 'x')))).toBeUndefined();
  expect(texts.get(texts.keep(Buffer.alloc(512, 'x')))).toHaveLength(512);
});
