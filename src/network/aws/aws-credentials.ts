/**
 * Keys as the AWS tools find them, in their order: environment, profile files, web identity, container, instance.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
import { LakeError } from '../../base/errors.ts';
import type { AwsCredentials, Environment } from './aws-keys.ts';
import { containerCredentials } from './container-credentials.ts';
import { instanceCredentials } from './instance-credentials.ts';
import { profileCredentials } from './profile-credentials.ts';
import { webIdentityCredentials } from './web-identity.ts';

/** Renewed so long before they end. */
const EARLY_MS = 5 * 60_000;
/** Keys that last are read again now and then: somebody may have changed the file. */
const KEEP_MS = 15 * 60_000;

export class AwsCredentialChain {
  readonly #env: Environment;
  #known: { readonly credentials: AwsCredentials; readonly untilMs: number } | undefined;
  #asking: Promise<AwsCredentials> | undefined;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** @throws LakeError STORE_REFUSED when there are none. */
  async get(): Promise<AwsCredentials> {
    if (this.#known !== undefined && Date.now() < this.#known.untilMs) return this.#known.credentials;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  forget(): void {
    this.#known = undefined;
  }

  async #ask(): Promise<AwsCredentials> {
    const credentials = await findCredentials(this.#env);
    const { expiresAtMs } = credentials;
    const untilMs = expiresAtMs === undefined ? Date.now() + KEEP_MS : expiresAtMs - EARLY_MS;
    this.#known = { credentials, untilMs };
    return credentials;
  }
}

async function findCredentials(env: Environment): Promise<AwsCredentials> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (accessKeyId && secretAccessKey && !env.AWS_PROFILE)
    return { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN || undefined };
  const found =
    (await profileCredentials(env)) ??
    (accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined) ??
    (await webIdentityCredentials(env)) ??
    (await containerCredentials(env)) ??
    (await instanceCredentials(env));
  if (found !== undefined) return found;
  throw new LakeError('STORE_REFUSED', 'there are no keys for the object store', {
    hint: 'set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`; after `aws sso login`: `eval "$(aws configure export-credentials --format env)"`',
  });
}
