/** The users of `serve`: names, roles and salted hashes, in a file of mode 0600 outside of every lake. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../../base/durable/write-file-atomic.ts';
import { LakeError, messageOf, systemCodeOf } from '../../base/errors.ts';

export const ROLES = ['read', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface User {
  readonly name: string;
  readonly role: Role;
  /** `scrypt$N$r$p$salt$hash`, both base64url. */
  readonly password: string;
}

/** 0.4 s and 32 MB a try: OWASP's choice for scrypt. */
const COST = { N: 2 ** 15, r: 8, p: 3 } as const;
const KEY_BYTES = 32;
const MAX_MEMORY = 128 * 2 ** 20;
const MIN_PASSWORD_CHARS = 8;
const MAX_PASSWORD_CHARS = 1000;

export function usersFile(configured: string | undefined, env: NodeJS.ProcessEnv): string {
  return configured ?? join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'crypto-lake', 'users.json');
}

export class UserStore {
  readonly path: string;
  #users: readonly User[] = [];
  #readMs = -1;

  constructor(path: string) {
    this.path = path;
  }

  /** All users; the file is looked at for changes at each call. @throws LakeError CONFIG_INVALID. */
  async list(): Promise<readonly User[]> {
    const info = await stat(this.path).catch(() => undefined);
    if (info === undefined) {
      this.#users = [];
      this.#readMs = -1;
    } else if (info.mtimeMs !== this.#readMs) {
      if ((info.mode & 0o077) !== 0) throw unsafeFile(this.path);
      this.#users = parseUsers(await readFile(this.path, 'utf8'), this.path);
      this.#readMs = info.mtimeMs;
    }
    return this.#users;
  }

  async find(name: string): Promise<User | undefined> {
    return (await this.list()).find((user) => user.name === name);
  }

  /** Adds a user, or gives one a new password and role. @throws LakeError USAGE, CONFIG_INVALID, LAKE_UNWRITABLE. */
  async add(name: string, password: string, role: Role): Promise<void> {
    if (!/^[\w.@-]{1,64}$/.test(name))
      throw new LakeError('USAGE', 'a user name has letters, digits and `._@-`, 64 at most', {
        hint: 'choose another',
      });
    if (password.length < MIN_PASSWORD_CHARS || password.length > MAX_PASSWORD_CHARS) {
      throw new LakeError(
        'USAGE',
        `a password has ${MIN_PASSWORD_CHARS} to ${MAX_PASSWORD_CHARS} characters`,
        {
          hint: 'choose a longer one',
        },
      );
    }
    const others = (await this.list()).filter((user) => user.name !== name);
    await this.#save([...others, { name, role, password: await hashPassword(password) }]);
  }

  /** @throws LakeError USAGE when there is no such user. */
  async remove(name: string): Promise<void> {
    const users = await this.list();
    const left = users.filter((user) => user.name !== name);
    if (left.length === users.length)
      throw new LakeError('USAGE', `there is no user \`${name.slice(0, 64)}\``, {
        hint: 'see `crypto-lake users list`',
      });
    await this.#save(left);
  }

  async #save(users: readonly User[]): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw unwritable(this.path, error);
    });
    await writePrivateFile(this.path, `${JSON.stringify({ users }, undefined, 2)}\n`);
  }
}

/** Whole or not at all, and never readable by others. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const mask = process.umask(0o077);
  try {
    await writeFileAtomic(path, text);
    await chmod(path, 0o600);
  } catch (error) {
    throw unwritable(path, error);
  } finally {
    process.umask(mask);
  }
}

async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** What is compared for a name that nobody has: the time tells nothing. */
const NOBODY = `scrypt$${COST.N}$${COST.r}$${COST.p}$${Buffer.alloc(16).toString('base64url')}$${Buffer.alloc(KEY_BYTES).toString('base64url')}`;

export async function isPasswordOf(user: User | undefined, password: string): Promise<boolean> {
  const [, n, r, p, salt = '', hash = ''] = (user?.password ?? NOBODY).split('$');
  const expected = Buffer.from(hash, 'base64url');
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  const actual = await derive(password.slice(0, MAX_PASSWORD_CHARS), Buffer.from(salt, 'base64url'), cost);
  return expected.length === actual.length && timingSafeEqual(actual, expected) && user !== undefined;
}

function derive(password: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, { ...cost, maxmem: MAX_MEMORY }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function parseUsers(text: string, path: string): User[] {
  try {
    const { users } = JSON.parse(text) as { users: readonly User[] };
    const isUser = ({ name, role, password }: User) =>
      typeof name === 'string' && ROLES.includes(role) && /^scrypt(\$[\w-]+){5}$/.test(password);
    if (users.every(isUser)) return [...users];
  } catch {
    // Handled below.
  }
  throw new LakeError('CONFIG_INVALID', `\`${path}\` is not a file of users`, {
    hint: 'move it away and add the users again: `crypto-lake users add NAME`',
  });
}

export function unsafeFile(path: string): LakeError {
  return new LakeError('CONFIG_INVALID', `\`${path}\` can be read by other users of this machine`, {
    hint: `\`chmod 600 ${path}\``,
  });
}

function unwritable(path: string, error: unknown): LakeError {
  if (error instanceof LakeError) return error;
  return new LakeError(
    'LAKE_UNWRITABLE',
    `\`${path}\` cannot be written: ${messageOf(error)} (${systemCodeOf(error)})`,
    {
      hint: 'choose another place with `CRYPTO_LAKE_USERS`',
    },
  );
}
