/** Keys of a container: ECS, and EKS Pod Identity. */
import { readFile } from 'node:fs/promises';
import { askForCredentials, noKeys, parseCredentials } from './ask-for-credentials.ts';
import type { AwsCredentials, Environment } from './aws-keys.ts';

const ECS = 'http://169.254.170.2';
/** Over plain HTTP only these may be asked: the addresses of ECS and EKS, and this machine. */
const PLAIN_HOSTS = /^(169\.254\.170\.2(3)?|127\.\d+\.\d+\.\d+|localhost|\[::1\]|\[fd00:ec2::23\])$/;

/** @returns undefined outside of such a container. @throws LakeError STORE_REFUSED. */
export async function containerCredentials(env: Environment): Promise<AwsCredentials | undefined> {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env;
  const address = relative ? `${ECS}${relative}` : full;
  if (!address) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && !PLAIN_HOSTS.test(url.hostname)))
    throw noKeys('the container service', 'its address is not one that may be asked');
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  const token = file ? await readFile(file, 'utf8').catch(() => '') : env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
  const headers: Record<string, string> = token ? { authorization: token.trim() } : {};
  const what = 'the container service';
  return parseCredentials(what, await askForCredentials(what, { url: url.href, headers }));
}
