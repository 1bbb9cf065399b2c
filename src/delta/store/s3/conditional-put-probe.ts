/**
 * Does the store honour `If-None-Match: *`? One that ignores the header answers 200 to a second write of the same key, and
 * commits would be lost without a word.
 */
import { randomUUID } from 'node:crypto';
import type { S3Client } from './s3-client.ts';
import { ignoresCondition, refused } from './s3-error.ts';

const PROBE = Buffer.from([1]);

/** @param folder a key prefix where we may write. @throws LakeError STORE_UNSAFE, STORE_REFUSED, STORE_UNREACHABLE. */
export async function probeConditionalPut(client: S3Client, bucket: string, folder: string): Promise<void> {
  // Ends as no commit and no checkpoint does, and is swept with the log where a killed process left it.
  const key = `${folder}/.tmp-${randomUUID()}.tmp`;
  const location = `s3://${bucket}/${folder}`;
  const put = () =>
    client.send({
      method: 'PUT',
      bucket,
      key,
      headers: { 'if-none-match': '*' },
      body: PROBE,
    });
  const first = await put();
  const isWritten = first.status === 200 || (first.status === 412 && first.wasRepeated);
  if (first.status === 501 || first.code === 'NotImplemented')
    throw ignoresCondition(location, 'it says that it does not know it');
  if (!isWritten) throw refused(first.status, first.code, 'write', location);
  try {
    const second = await put();
    if (second.status === 200) throw ignoresCondition(location, 'a second write of one key succeeded');
    if (second.status !== 412) throw refused(second.status, second.code, 'write', location);
  } finally {
    await client.send({ method: 'DELETE', bucket, key });
  }
}
