/** Whether a server needs a login, and what it needs for it. */
import { LakeError } from '../../base/errors.ts';
import type { Config } from '../../config/config.ts';
import type { GuardOptions } from './guard-requests.ts';
import { tokenSecret } from './token-secret.ts';
import { Tokens } from './tokens.ts';
import { UserStore, usersFile } from './user-store.ts';

/**
 * @returns undefined where no login is needed: on this machine alone, with no proxy before it.
 * @throws LakeError CONFIG_INVALID without users, or with a secret that can be guessed.
 */
export async function openAccess(
  config: Config,
  { isLoopback, host }: { readonly isLoopback: boolean; readonly host: string },
): Promise<GuardOptions | undefined> {
  if (isLoopback && config.proxies.length === 0) return undefined;
  const users = new UserStore(usersFile(config.users, process.env));
  if ((await users.list()).length === 0) {
    throw new LakeError(
      'CONFIG_INVALID',
      `\`${isLoopback ? 'a proxy' : host}\` lets others in, and there are no users`,
      {
        hint: 'add one first: `crypto-lake users add NAME`; or serve this machine alone: `--host 127.0.0.1`',
      },
    );
  }
  const tokens = new Tokens(await tokenSecret(config.tokenSecret, users.path), users);
  return { users, tokens, requestsPerMinute: config.rateLimit, isMetricsOpen: config.openMetrics };
}
