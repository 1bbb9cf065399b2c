/** Brings an object to a file of this machine, without holding it in memory; a broken transfer goes on where it broke. */
import { open, rename, rm } from 'node:fs/promises';
import type { S3Client } from './s3-client.ts';
import { refused } from './s3-error.ts';

/** @returns false when there is no such object. @throws LakeError STORE_…. */
export async function downloadFile(
  client: S3Client,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  path: string,
): Promise<boolean> {
  const temporary = `${path}.${process.pid}-${crypto.randomUUID()}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    let written = 0;
    for (;;) {
      const before = written;
      let isWhole = false;
      const answer = await client.send({
        method: 'GET',
        bucket,
        key,
        ...(written > 0 ? { headers: { range: `bytes=${written}-` } } : {}),
        into: async (body, headers) => {
          const expected = before + Number(headers['content-length'] ?? 0);
          try {
            for await (const chunk of body) {
              await file.writev([chunk], written);
              written += chunk.byteLength;
            }
            isWhole = true;
          } catch (error) {
            // What came is kept: the rest is asked for.
            if (written === before) throw error;
            isWhole = written === expected;
          }
        },
      });
      if (answer.status === 404 && answer.code !== 'NoSuchBucket') return false;
      if (answer.status < 200 || answer.status >= 300)
        throw refused(answer.status, answer.code, 'read', `s3://${bucket}/${key}`);
      if (isWhole) break;
    }
    await file.close();
    await rename(temporary, path);
    return true;
  } finally {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
  }
}
