/** Keys for a token in a file: what Kubernetes (IRSA) and CI services give a process. One call of STS, not signed. */
import { readFile } from 'node:fs/promises';
import { askForCredentials, noKeys } from './ask-for-credentials.ts';
import type { AwsCredentials, Environment } from './aws-keys.ts';

/** @returns undefined when no token is named. @throws LakeError STORE_REFUSED. */
export async function webIdentityCredentials(env: Environment): Promise<AwsCredentials | undefined> {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role } = env;
  if (!file || !role) return undefined;
  const token = await readFile(file, 'utf8').catch(() => undefined);
  if (token === undefined) throw noKeys('the web identity', 'its token file cannot be read');
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  const url = env.AWS_ENDPOINT_URL_STS || `https://sts.${region ? `${region}.` : ''}amazonaws.com`;
  const text = await askForCredentials('the web identity', {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: env.AWS_ROLE_SESSION_NAME || 'crypto-lake',
      WebIdentityToken: token.trim(),
    }).toString(),
  });
  const fieldOf = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1];
  const [accessKeyId, secretAccessKey] = [fieldOf('AccessKeyId'), fieldOf('SecretAccessKey')];
  if (!accessKeyId || !secretAccessKey) throw noKeys('the web identity', 'the answer has no keys in it');
  const expiresAtMs = Date.parse(fieldOf('Expiration') ?? '');
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: fieldOf('SessionToken'),
    expiresAtMs: Number.isNaN(expiresAtMs) ? undefined : expiresAtMs,
  };
}
