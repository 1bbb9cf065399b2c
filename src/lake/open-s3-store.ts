/**
 * Tables on S3-compatible storage, as the variables and files of the AWS tools describe it. One client and one cache in a
 * process; threads and children find the same settings in their environment.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from '../base/at-end.ts';
import { LakeError } from '../base/errors.ts';
import { parseSize } from '../base/size.ts';
import { FileCache } from '../delta/store/s3/file-cache.ts';
import { S3Client } from '../delta/store/s3/s3-client.ts';
import type { S3Endpoint } from '../delta/store/s3/s3-location.ts';
import { S3Store } from '../delta/store/s3-store.ts';
import { AwsCredentialChain } from '../network/aws/aws-credentials.ts';
import type { Environment } from '../network/aws/aws-keys.ts';
import { readProfile } from '../network/aws/profile-credentials.ts';
import { proxyByEnvironment } from '../network/proxy-rules.ts';

const DEFAULT_REGION = 'us-east-1';
const DEFAULT_CACHE_BYTES = 4 * 2 ** 30;

let opening: Promise<{ readonly client: S3Client; readonly cache: FileCache }> | undefined;

/** @throws LakeError USAGE, CONFIG_INVALID. */
export async function openS3Store(location: string): Promise<S3Store> {
  return new S3Store(location, await openS3());
}

/** The client and the cache of this process. @throws LakeError CONFIG_INVALID. */
export function openS3(env: Environment = process.env) {
  opening ??= connect(env);
  opening.catch(() => {
    opening = undefined;
  });
  return opening;
}

async function connect(env: Environment) {
  const client = new S3Client({
    endpoint: await findEndpoint(env),
    credentials: new AwsCredentialChain(env),
    proxyFor: proxyByEnvironment(env),
  });
  atEnd(() => client.giveUp());
  const folder = env.CRYPTO_LAKE_CACHE || join(tmpdir(), 'crypto-lake-cache');
  const maxBytes = parseSize(env.CRYPTO_LAKE_CACHE_SIZE ?? '') ?? DEFAULT_CACHE_BYTES;
  return { client, cache: new FileCache(folder, maxBytes) };
}

/** @throws LakeError CONFIG_INVALID. */
async function findEndpoint(env: Environment): Promise<S3Endpoint> {
  const profile = await readProfile(env);
  const url = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || profile.endpoint_url || undefined;
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || profile.region || DEFAULT_REGION;
  if (url !== undefined && !isServer(url)) {
    throw new LakeError('CONFIG_INVALID', '`AWS_ENDPOINT_URL` is not the address of an object store', {
      hint: 'for example `http://127.0.0.1:9000`; keys have variables of their own',
    });
  }
  if (!/^[a-z0-9-]{1,40}$/.test(region)) {
    throw new LakeError('CONFIG_INVALID', '`AWS_REGION` is not the name of a region', {
      hint: 'for example `eu-central-1`, or `us-east-1` where the store has none',
    });
  }
  return { url, region };
}

function isServer(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (
    url !== undefined &&
    ['http:', 'https:'].includes(url.protocol) &&
    !url.username &&
    !url.password &&
    !url.search &&
    !url.hash
  );
}
