import { expect, it } from 'vitest';
import { Turns } from '../../src/api/turns.ts';
import { giveBack, takeSlab } from '../../src/questions/recent/text-slabs.ts';

it('one has its turn in each turn of the event loop, in the order of coming', async () => {
  const turns = new Turns();
  const seen: string[] = [];
  let loops = 0;
  const count = () => {
    loops++;
    if (seen.length < 5) setImmediate(count);
  };
  setImmediate(count);
  const all = ['a', 'b', 'c', 'd', 'e'].map(async (name) => {
    await turns.take();
    seen.push(`${name}${loops}`);
  });
  await Promise.all(all);
  expect(seen.map((text) => text[0]).join('')).toBe('abcde');
  expect(new Set(seen.map((text) => text.slice(1))).size).toBe(5);
});

it('memory of an answer is used again when it is given back, and not before', () => {
  const first = takeSlab(100);
  const second = takeSlab(100);
  expect(second.bytes.buffer).not.toBe(first.bytes.buffer);
  giveBack([first.bytes.subarray(0, 10)]);
  expect(takeSlab(100).bytes.buffer).toBe(first.bytes.buffer);
  expect(takeSlab(100).bytes.buffer).not.toBe(second.bytes.buffer);
  // What is not of this kind is left alone.
  giveBack([Buffer.alloc(10)]);
  const large = takeSlab(2 ** 20);
  giveBack([large.bytes]);
  expect(takeSlab(2 ** 20).bytes.buffer).not.toBe(large.bytes.buffer);
});
