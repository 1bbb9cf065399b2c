import { expect, it } from 'vitest';
import { type Answer, AnswerCache } from '../../src/api/answer-cache.ts';

const answerOf = (...sizes: number[]): Answer => ({
  parts: sizes.map((size) => Buffer.alloc(size, 'x')),
  headers: {},
  users: 1,
});

/** @returns how often the answers were made. */
async function asked(cache: AnswerCache, keys: readonly string[], answer: Answer): Promise<number> {
  let made = 0;
  for (const key of keys) {
    const given = await cache.getOrMake(key, async () => {
      made++;
      return answer;
    });
    expect(Buffer.concat(given.parts)).toEqual(Buffer.concat(answer.parts));
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
