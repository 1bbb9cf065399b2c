/** Keys from `~/.aws/credentials` and `~/.aws/config`: written there, by a process, or by a role with a web identity. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { noKeys, parseCredentials } from './ask-for-credentials.ts';
import type { AwsCredentials, Environment } from './aws-keys.ts';
import { webIdentityCredentials } from './web-identity.ts';

export type Profile = Readonly<Record<string, string>>;

const PROCESS_TIMEOUT_MS = 60_000;

/** @returns undefined when the profile has no keys, or there are no such files. @throws LakeError STORE_REFUSED. */
export async function profileCredentials(env: Environment): Promise<AwsCredentials | undefined> {
  const name = profileName(env);
  const profile = await readProfile(env);
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = profile;
  if (accessKeyId && secretAccessKey)
    return { accessKeyId, secretAccessKey, sessionToken: profile.aws_session_token || undefined };
  if (profile.credential_process) return fromProcess(profile.credential_process);
  if (profile.web_identity_token_file && profile.role_arn) {
    return webIdentityCredentials({
      ...env,
      AWS_WEB_IDENTITY_TOKEN_FILE: profile.web_identity_token_file,
      AWS_ROLE_ARN: profile.role_arn,
    });
  }
  if (profile.sso_session || profile.sso_start_url || profile.role_arn) {
    throw noKeys(
      `the profile \`${name}\``,
      `it logs in or takes a role; \`eval "$(aws configure export-credentials --profile ${name} --format env)"\` does that`,
    );
  }
  if (env.AWS_PROFILE) throw noKeys(`the profile \`${name}\``, 'it has none, or is not there');
  return undefined;
}

/** What both files say of the profile that is used; the file of credentials wins. */
export async function readProfile(env: Environment): Promise<Profile> {
  const name = profileName(env);
  const folder = join(env.HOME || homedir(), '.aws');
  const config = await readIni(env.AWS_CONFIG_FILE || join(folder, 'config'));
  const credentials = await readIni(env.AWS_SHARED_CREDENTIALS_FILE || join(folder, 'credentials'));
  return { ...config.get(name === 'default' ? 'default' : `profile ${name}`), ...credentials.get(name) };
}

function profileName(env: Environment): string {
  return env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || 'default';
}

async function readIni(path: string): Promise<Map<string, Record<string, string>>> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const title = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1];
    if (title !== undefined) {
      section = sections.get(title) ?? {};
      sections.set(title, section);
    }
    // Indented lines belong to a setting with parts, such as `s3 =`.
    const setting = /^([A-Za-z][\w.-]*)\s*=\s*(.*?)(?:\s+[#;].*)?\s*$/.exec(line);
    if (setting?.[1]) section[setting[1].toLowerCase()] = setting[2] ?? '';
  }
  return sections;
}

/** The text comes from the user's own file, as for the AWS tools, which give it to a shell, too. */
async function fromProcess(command: string): Promise<AwsCredentials> {
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], { timeout: PROCESS_TIMEOUT_MS });
    return parseCredentials('the credential process', stdout);
  } catch {
    throw noKeys('the credential process', 'it failed');
  }
}
