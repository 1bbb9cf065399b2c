/** Keys of the role of an EC2 instance, by version 2 of its metadata service: a token first, then the questions. */
import { askForCredentials, parseCredentials } from './ask-for-credentials.ts';
import type { AwsCredentials, Environment } from './aws-keys.ts';

/** Elsewhere nobody answers at that address. */
const TIMEOUT_MS = 1000;
const WHAT = 'the instance metadata';

/** @returns undefined where there is no such service or the instance has no role. */
export async function instanceCredentials(env: Environment): Promise<AwsCredentials | undefined> {
  if (env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') return undefined;
  const service = (env.AWS_EC2_METADATA_SERVICE_ENDPOINT || 'http://169.254.169.254').replace(/\/+$/, '');
  const ask = (path: string, headers: Record<string, string>, method: 'GET' | 'PUT' = 'GET') =>
    askForCredentials(WHAT, { url: `${service}/latest/${path}`, method, headers, timeoutMs: TIMEOUT_MS });
  try {
    const token = await ask('api/token', { 'x-aws-ec2-metadata-token-ttl-seconds': '300' }, 'PUT');
    const headers = { 'x-aws-ec2-metadata-token': token };
    const roles = 'meta-data/iam/security-credentials/';
    const [role = ''] = (await ask(roles, headers)).trim().split('\n');
    return parseCredentials(WHAT, await ask(`${roles}${encodeURIComponent(role)}`, headers));
  } catch {
    return undefined;
  }
}
