/** One request of the credential services, and what their answers have in common. */
import { request } from 'undici';
import { LakeError, messageOf } from '../../base/errors.ts';
import type { AwsCredentials } from './aws-keys.ts';

export interface CredentialQuestion {
  readonly url: string;
  readonly method?: 'GET' | 'PUT' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5000;
const MAX_BODY_CHARS = 100_000;

/** @returns the text of a good answer. @throws LakeError STORE_REFUSED, without the answer's text: it may hold a token. */
export async function askForCredentials(what: string, question: CredentialQuestion): Promise<string> {
  const { url, method = 'GET', headers = {}, body, timeoutMs = TIMEOUT_MS } = question;
  let status: number;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await request(url, { method, headers, body: body ?? null, signal });
    const text = (await answer.body.text()).slice(0, MAX_BODY_CHARS);
    if (answer.statusCode === 200) return text;
    status = answer.statusCode;
  } catch (error) {
    throw noKeys(what, messageOf(error));
  }
  throw noKeys(what, `status ${status}`);
}

/** The form of the container service, the instance service, and a credential process. */
export function parseCredentials(what: string, text: string): AwsCredentials {
  try {
    const answer = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const { AccessKeyId, SecretAccessKey, Token, SessionToken, Expiration } = answer;
    const expiresAtMs = typeof Expiration === 'string' ? Date.parse(Expiration) : Number.NaN;
    if (typeof AccessKeyId === 'string' && typeof SecretAccessKey === 'string') {
      const token = Token ?? SessionToken;
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: typeof token === 'string' ? token : undefined,
        expiresAtMs: Number.isNaN(expiresAtMs) ? undefined : expiresAtMs,
      };
    }
  } catch {
    // Said below, without the text.
  }
  throw noKeys(what, 'its answer has no keys in it');
}

export function noKeys(what: string, why: string): LakeError {
  return new LakeError('STORE_REFUSED', `no keys for the object store from ${what}: ${why}`, {
    hint: 'look at its `AWS_…` variables, or set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`',
  });
}
