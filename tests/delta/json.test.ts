import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { parseJson, stringifyJson } from '../../src/delta/log/json.ts';

it('integers beyond 2^53 are exact beside strings that look like them', () => {
  const text = '{"a":9007199254740993,"b":"{\\"c\\":9007199254740993,\\\\\\"","d\\\\":[-9007199254740995]}';
  expect(parseJson(text)).toEqual({
    a: 9007199254740993n,
    b: '{"c":9007199254740993,\\"',
    'd\\': [-9007199254740995n],
  });
  expect(stringifyJson(parseJson(text))).toBe(text);
  const inString = '{"b":"9007199254740993 \\" 9007199254740993","c":1}';
  expect(parseJson(inString)).toEqual({ b: '9007199254740993 " 9007199254740993', c: 1 });
  for (const wrong of ['{"a":"9007199254740993', '"\\"9007199254740993', '{"a":"9007199254740993"']) {
    expect(() => parseJson(wrong)).toThrow(SyntaxError);
  }
});

it('the statistics of many files are held as the bytes that they are', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const columns = Array.from({ length: 25 }, (_, at) => [`column_${at}`, 1_790_000_000_123_456 + at]);
  const stats = JSON.stringify({
    minValues: Object.fromEntries(columns),
    maxValues: Object.fromEntries(columns),
  });
  const line = JSON.stringify({ add: { path: 'x', stats } });
  const held: unknown[] = [];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let file = 0; file < 1000; file++) held.push(parseJson(line));
  collect();
  expect((process.memoryUsage().heapUsed - before) / held.length).toBeLessThan(2 * line.length);
});

it('a string with millions of escapes, with or without an end, is read in one go', () => {
  const escapes = '\\"9007199254740993'.repeat(2_000_000);
  expect(String(parseJson(`"${escapes}"`)).length).toBe(17 * 2_000_000);
  expect(() => parseJson(`"${escapes}`)).toThrow(SyntaxError);
});
