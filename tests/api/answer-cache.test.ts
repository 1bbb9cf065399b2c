import { expect, it } from 'vitest';
import { Answer } from '../../src/api/answer.ts';
import { AnswerCache } from '../../src/api/answer-cache.ts';
import { giveBack, takeSlab } from '../../src/questions/recent/text-slabs.ts';

const answerOf = (...sizes: number[]) => new Answer(sizes.map((size) => Buffer.alloc(size, 'x')));

/** @returns how often the answers were made. */
async function asked(cache: AnswerCache, keys: readonly string[], answer: Answer): Promise<number> {
  let made = 0;
  for (const key of keys) {
    const given = await cache.getOrMake(key, async () => {
      made++;
      return answer;
    });
    expect(Buffer.concat(given.parts).equals(Buffer.concat(answer.parts))).toBe(true);
  }
  return made;
}

it('a small answer is made once', async () => {
  expect(await asked(new AnswerCache(2 ** 20), ['a', 'a', 'a'], answerOf(100, 100))).toBe(1);
});

it('a large answer is kept when it is asked for again, and questions that differ keep nothing', async () => {
  const cache = new AnswerCache(2 ** 20);
  const large = answerOf(50_000, 50_000);
  expect(await asked(cache, ['a', 'b', 'c', 'd'], large)).toBe(4);
  expect(cache.bytes).toBe(0);
  expect(await asked(cache, ['a', 'a', 'a'], large)).toBe(1);
  expect(cache.bytes).toBe(100_002);
});

it('who asks at the same time waits for one answer', async () => {
  const cache = new AnswerCache(2 ** 20);
  let made = 0;
  const make = async () => {
    made++;
    return answerOf(10);
  };
  await Promise.all(Array.from({ length: 20 }, () => cache.getOrMake('a', make)));
  expect(made).toBe(1);
});

it('more than its bytes are never kept, the least used go first', async () => {
  const cache = new AnswerCache(100_000);
  const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
  await asked(cache, keys, answerOf(10_000));
  expect(cache.bytes).toBeLessThanOrEqual(100_000);
  expect(await asked(cache, keys.slice(-5), answerOf(10_000))).toBe(0);
  expect(await asked(cache, keys.slice(0, 5), answerOf(10_000))).toBe(5);
});

it('the memory of an answer is used again when it is no longer kept and all have sent it, and not before', async () => {
  const cache = new AnswerCache(600_000);
  const inSlabs = async () => new Answer([takeSlab(1).bytes, takeSlab(1).bytes]);
  const isFree = ({ parts }: Answer) => {
    const taken = [takeSlab(1).bytes, takeSlab(1).bytes];
    giveBack(taken);
    return parts.every(({ buffer }) => taken.some((bytes) => bytes.buffer === buffer));
  };
  const once = await cache.getOrMake('a', inSlabs);
  expect(isFree(once)).toBe(false);
  once.release();
  expect(isFree(once)).toBe(true);
  const [kept, same] = await Promise.all(['a', 'a'].map((key) => cache.getOrMake(key, inSlabs)));
  expect(kept === same && kept === (await cache.getOrMake('a', inSlabs))).toBe(true);
  kept?.release();
  kept?.release();
  const others = ['b', 'c', 'd', 'e', 'f', 'g', 'h'];
  await asked(cache, [...others, ...others], answerOf(50_000, 50_000));
  expect(kept && isFree(kept)).toBe(false);
  same?.release();
  expect(kept && isFree(kept)).toBe(true);
});
