import { expect, it } from 'vitest';
import { murmur3 } from '../../src/base/murmur3.ts';

const hashOf = (words: readonly number[]) => {
  const hash = new Uint32Array(4);
  murmur3(Uint32Array.from(words), words.length, hash);
  return hash;
};

it('a hash of 128 bits changes in about half of its bits with any bit of what is hashed', () => {
  const words = Array.from({ length: 12 }, (_, i) => i);
  const before = hashOf(words);
  for (let bit = 0; bit < 12 * 32; bit++) {
    const after = hashOf(words.map((word, i) => (i === bit >> 5 ? word ^ (1 << (bit & 31)) : word)));
    const changed = after.reduce((sum, word, i) => sum + ones(word ^ (before[i] ?? 0)), 0);
    expect(changed).toBeGreaterThan(35);
    expect(changed).toBeLessThan(93);
  }
});

function ones(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest > 0; rest >>>= 1) count += rest & 1;
  return count;
}
