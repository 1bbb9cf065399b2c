/** Tokens: signed with HS256 and nothing else, bound to a user who still exists with the password of then. */
import { createHash } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { LakeError } from '../../base/errors.ts';
import type { Role, User, UserStore } from './user-store.ts';

export interface Identity {
  readonly name: string;
  readonly role: Role;
}

type Use = 'access' | 'refresh';

export const ACCESS_SECONDS = 3600;
const REFRESH_SECONDS = 24 * 3600;
const ALGORITHM = 'HS256';
const ISSUER = 'crypto-lake';
const MAX_TOKEN_CHARS = 2000;
const KEPT = 1000;

export class Tokens {
  readonly #secret: Uint8Array;
  readonly #users: UserStore;
  /** Verified ones, until they expire: to verify costs as much as to answer. */
  readonly #verified = new Map<
    string,
    { readonly subject: string; readonly version: string; readonly expiresMs: number }
  >();

  constructor(secret: Uint8Array, users: UserStore) {
    this.#secret = secret;
    this.#users = users;
  }

  async issue(user: User): Promise<{ readonly access: string; readonly refresh: string }> {
    return {
      access: await this.#sign(user, 'access', ACCESS_SECONDS),
      refresh: await this.#sign(user, 'refresh', REFRESH_SECONDS),
    };
  }

  /** @throws LakeError AUTH_REQUIRED. */
  async verify(token: string, use: Use = 'access'): Promise<User> {
    const { subject, version } = await this.#check(token, use);
    const user = await this.#users.find(subject);
    if (user === undefined || versionOf(user) !== version)
      throw refused('the user of this token is gone or changed');
    return user;
  }

  async #check(token: string, use: Use) {
    const key = `${use}:${token}`;
    const known = this.#verified.get(key);
    if (known && known.expiresMs > Date.now()) return known;
    this.#verified.delete(key);
    if (token.length > MAX_TOKEN_CHARS) throw refused('this is no token');
    try {
      const { payload } = await jwtVerify(token, this.#secret, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: use,
        requiredClaims: ['exp', 'sub', 'ver'],
      });
      const checked = {
        subject: String(payload.sub),
        version: String(payload.ver),
        expiresMs: Number(payload.exp) * 1000,
      };
      if (this.#verified.size >= KEPT) this.#verified.clear();
      this.#verified.set(key, checked);
      return checked;
    } catch (error) {
      const isExpired = (error as { code?: string }).code === 'ERR_JWT_EXPIRED';
      throw refused(isExpired ? 'the token has expired' : 'the token is not valid');
    }
  }

  #sign(user: User, use: Use, seconds: number): Promise<string> {
    return new SignJWT({ role: user.role, ver: versionOf(user) })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(use)
      .setSubject(user.name)
      .setIssuedAt()
      .setExpirationTime(`${seconds} s`)
      .sign(this.#secret);
  }
}

/** Changes with the password and the role: older tokens end then. */
function versionOf({ password, role }: User): string {
  return createHash('sha256').update(`${role}|${password}`).digest('base64url').slice(0, 12);
}

export function refused(why: string): LakeError {
  return new LakeError('AUTH_REQUIRED', why, {
    hint: 'get one: `POST /auth/token` with `username` and `password`',
  });
}
