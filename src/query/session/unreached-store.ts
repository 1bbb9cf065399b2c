/** What DuckDB's `httpfs` says, after its own attempts, of an object store that is away or has trouble of its own. */
import { LakeError, messageOf } from '../../base/errors.ts';

/** @returns undefined for any other error; a refusal, such as of the keys, has its status in it. */
export function unreachedStore(error: unknown): LakeError | undefined {
  const [first = ''] = messageOf(error).split('\n');
  if (!/^(HTTP|IO) Error: .*\bHTTP (GET|HEAD) to '/.test(first) || /\bHTTP 4\d\d\b/.test(first))
    return undefined;
  return new LakeError('STORE_UNREACHABLE', `the object store has no answer: ${first}`, {
    hint: 'look at the network and at `AWS_ENDPOINT_URL`; it is safe to repeat',
    cause: error,
  });
}
