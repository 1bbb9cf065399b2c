/**
 * Puts a file of this machine on the store: small ones by one PUT, large ones in parts, a few of them in memory at once.
 * Parts that are never completed are invisible; a lifecycle rule (AbortIncompleteMultipartUpload) removes those of a
 * process that was killed.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { S3Answer, S3Client } from './s3-client.ts';
import { refused } from './s3-error.ts';

/** The least that S3 takes is 5 MiB, and 10,000 of them at most. */
const PART_BYTES = 8 * 2 ** 20;
const MAX_PARTS = 10_000;
const PARTS_AT_ONCE = 3;

interface Target {
  readonly bucket: string;
  readonly key: string;
}

/** @returns the size in bytes. @throws LakeError STORE_…. */
export async function uploadFile(
  client: S3Client,
  target: Target,
  path: string,
  step: (name: string) => void | Promise<void> = () => undefined,
): Promise<number> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const partBytes = Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS));
    if (size > 2 * PART_BYTES) await uploadParts(client, target, file, { size, partBytes, step });
    else check(await client.send({ method: 'PUT', ...target, body: await readPart(file, 0, size) }), target);
    return size;
  } finally {
    await file.close();
  }
}

async function uploadParts(
  client: S3Client,
  target: Target,
  file: FileHandle,
  {
    size,
    partBytes,
    step,
  }: { size: number; partBytes: number; step: (name: string) => void | Promise<void> },
): Promise<void> {
  const begun = check(await client.send({ method: 'POST', ...target, query: { uploads: '' } }), target);
  const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(Buffer.from(begun.body).toString())?.[1] ?? '';
  const count = Math.ceil(size / partBytes);
  const etags: string[] = [];
  let next = 0;
  const work = async () => {
    for (let index = next++; index < count; index = next++) {
      const body = await readPart(file, index * partBytes, Math.min(partBytes, size - index * partBytes));
      const query = { partNumber: String(index + 1), uploadId };
      const { headers } = check(await client.send({ method: 'PUT', ...target, query, body }), target);
      etags[index] = String(headers.etag);
      await step('upload:part');
    }
  };
  try {
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, work));
    const parts = etags.map(
      (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
    );
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
    const answer = await client.send({ method: 'POST', ...target, query: { uploadId }, body });
    // Repeated after it had been carried out, the upload is not known any more: the object tells.
    if (answer.wasRepeated && answer.code === 'NoSuchUpload') {
      const there = check(await client.send({ method: 'HEAD', ...target }), target);
      if (Number(there.headers['content-length']) === size) return;
    }
    check(answer, target);
  } catch (error) {
    next = count;
    await client.send({ method: 'DELETE', ...target, query: { uploadId } }).catch(() => undefined);
    throw error;
  }
}

async function readPart(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new RangeError('the file became shorter while it was read');
    done += bytesRead;
  }
  return bytes;
}

function check(answer: S3Answer, { bucket, key }: Target): S3Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw refused(answer.status, answer.code, 'write', `s3://${bucket}/${key}`);
}
