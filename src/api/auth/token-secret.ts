/** What tokens are signed with: made at the first start, and kept beside the users for their eyes alone. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LakeError } from '../../base/errors.ts';
import { unsafeFile, writePrivateFile } from './user-store.ts';

const MIN_CHARS = 32;
const SECRET_BYTES = 48;

/** @throws LakeError CONFIG_INVALID for one that can be guessed. */
export async function tokenSecret(configured: string | undefined, usersPath: string): Promise<Uint8Array> {
  if (configured !== undefined) {
    const isGuessable =
      configured.length < MIN_CHARS ||
      new Set(configured).size < 10 ||
      /change.?me|your.?secret|example|default/i.test(configured);
    if (!isGuessable) return Buffer.from(configured);
    throw new LakeError('CONFIG_INVALID', '`CRYPTO_LAKE_SECRET` can be guessed', {
      hint: `make one with \`openssl rand -base64 48\`, or unset it: then one is made and kept`,
    });
  }
  const path = join(dirname(usersPath), 'token-secret');
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writePrivateFile(path, randomBytes(SECRET_BYTES).toString('base64url'));
  } else if ((info.mode & 0o077) !== 0) throw unsafeFile(path);
  const secret = (await readFile(path, 'utf8')).trim();
  if (secret.length >= MIN_CHARS) return Buffer.from(secret);
  throw new LakeError('CONFIG_INVALID', `\`${path}\` is no secret`, { hint: 'remove it: a new one is made' });
}
