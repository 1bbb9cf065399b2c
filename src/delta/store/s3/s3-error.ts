/** What an object store's refusal means for a person. Never holds a key, a signature or a token. */
import { LakeError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';

const HINTS: Readonly<Record<string, string>> = {
  AccessDenied:
    'these keys may not do that; a lake needs s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket',
  InvalidAccessKeyId: 'look at `AWS_ACCESS_KEY_ID`, or the profile that is used',
  SignatureDoesNotMatch: 'look at `AWS_SECRET_ACCESS_KEY`, and for a blank at its end',
  ExpiredToken: 'log in again: the session is over',
  NoSuchBucket: 'create the bucket first, or look at its name and at `AWS_ENDPOINT_URL`',
  RequestTimeTooSkewed: 'set the clock of this machine',
  AuthorizationHeaderMalformed: 'set `AWS_REGION` to the region of the bucket',
  PermanentRedirect: 'set `AWS_REGION` to the region of the bucket',
};

/** The `Code` of an answer in XML; an answer to HEAD, or of a proxy, has none. */
export function errorCodeOf(body: Uint8Array): string | undefined {
  const text = Buffer.from(body.subarray(0, 4096)).toString();
  return /<Code>([A-Za-z]{1,60})<\/Code>/.exec(text)?.[1];
}

export function refused(status: number, code: string | undefined, what: string, location: string): LakeError {
  const answer = code === undefined ? `with status ${status}` : `(${status} ${code})`;
  const message = `the object store refused to ${what} \`${printable(location, 300)}\` ${answer}`;
  // Its own trouble, and none of ours.
  if (status >= 500 || status === 429)
    return new LakeError('STORE_UNREACHABLE', message, { hint: 'try it again later; it is safe to repeat' });
  const hint = code === undefined ? undefined : HINTS[code];
  return new LakeError('STORE_REFUSED', message, {
    hint: hint ?? 'look at its address (`AWS_ENDPOINT_URL`), the region and the permissions of the keys',
  });
}

export function unreachable(origin: string, reason: string): LakeError {
  return new LakeError('STORE_UNREACHABLE', `the object store at ${origin} cannot be reached: ${reason}`, {
    hint: DISTRUST.test(reason)
      ? 'name a file with the certificate authority of the store in `NODE_EXTRA_CA_CERTS`'
      : 'look at the network and at `AWS_ENDPOINT_URL`; it is safe to repeat',
  });
}

/** Of Node and of OpenSSL: certificates that nobody vouches for. */
const DISTRUST = /^(?:CERT_(?!HAS_EXPIRED)|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/;

export function ignoresCondition(location: string, answer: string): LakeError {
  return new LakeError(
    'STORE_UNSAFE',
    `the object store of \`${printable(location, 300)}\` does not honour \`If-None-Match: *\` (${answer}): two writers would overwrite each other's commits`,
    {
      hint: 'use a store that does: AWS, Cloudflare R2, MinIO, Ceph, OVHcloud, Scaleway, versitygw; reading works',
    },
  );
}
