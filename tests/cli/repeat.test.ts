import { expect, it } from 'vitest';
import { LakeError } from '../../src/base/errors.ts';
import { repeat } from '../../src/cli/repeat.ts';

/** Work that goes wrong in these ways, one after the other, and then well; ends after that. */
async function after(failures: readonly Error[]): Promise<string[]> {
  const said: string[] = [];
  const stop = new AbortController();
  const left = [...failures];
  const work = async () => {
    const failure = left.shift();
    if (failure !== undefined) throw failure;
    stop.abort();
  };
  const io = { say: (line: string) => void said.push(line) };
  await repeat({ everyMs: 1, retryMs: 1, signal: stop.signal, io }, work);
  return said;
}

it('what goes wrong is said once as long as it lasts, and tried again: also a store that only DuckDB cannot reach', async () => {
  const away = new Error(
    "HTTP Error: Request returned HTTP 503 for HTTP HEAD to 'http://127.0.0.1:9/lake/x'",
  );
  const reset = new Error(
    "IO Error: Server returned nothing error for HTTP GET to 'http://127.0.0.1:9/lake/x'",
  );
  expect(await after([away, reset, away])).toEqual([
    expect.stringMatching(/^error: the object store has no answer: .*; it is tried again$/),
  ]);
  expect(await after([new LakeError('TABLE_NOT_FOUND', 'no bars yet'), away])).toHaveLength(2);
});

it('what no second attempt can help ends it', async () => {
  const forbidden = new Error("HTTP Error: HTTP 403 for HTTP GET to 'http://127.0.0.1:9/lake/x'");
  for (const error of [new LakeError('USAGE', 'wrong'), new TypeError('a bug'), forbidden])
    await expect(after([error])).rejects.toThrow(error.message);
});
