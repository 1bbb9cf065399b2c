/** Login, and who may do what how often: before any route is reached. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { durationText } from '../../base/duration.ts';
import { LakeError } from '../../base/errors.ts';
import { problemOf, sendProblem } from '../problem.ts';
import { answers, parameters } from '../schemas.ts';
import { RateLimiter } from './rate-limiter.ts';
import { ACCESS_SECONDS, refused, type Tokens } from './tokens.ts';
import { isPasswordOf, type User, type UserStore } from './user-store.ts';

export interface GuardOptions {
  readonly users: UserStore;
  readonly tokens: Tokens;
  readonly requestsPerMinute: number;
  readonly isMetricsOpen: boolean;
}

/** Open without a token; the page's own files hold nothing of the lake. */
const OPEN = new Set([
  '/',
  '/health',
  '/docs',
  '/docs/page.js',
  '/openapi.json',
  '/auth/token',
  '/auth/refresh',
  '/ws',
  '/ws/subscribe',
]);
const ADMIN = new Set(['/metrics']);
const FAILED_LOGINS_PER_MINUTE = 10;
/** From one address, whatever names it tries; a login costs much. */
const LOGINS_PER_MINUTE = 60;

const LOGIN = parameters({
  username: Type.String({ minLength: 1, maxLength: 64 }),
  password: Type.String({ minLength: 1, maxLength: 1000 }),
});
const REFRESH = parameters({ refresh_token: Type.String({ minLength: 1, maxLength: 2000 }) });
const TOKEN = Type.Object({
  access_token: Type.String(),
  token_type: Type.String(),
  expires_in: Type.Integer(),
  refresh_token: Type.String(),
});

export function guardRequests(app: FastifyInstance, options: GuardOptions): void {
  const { tokens, requestsPerMinute, isMetricsOpen } = options;
  const limiter = new RateLimiter(requestsPerMinute);
  app.addHook('onRequest', async (request, reply) => {
    if (request.method === 'OPTIONS') return;
    // That of the route that will answer: an address can be written in many ways, `/%6detrics` too.
    const path = request.routeOptions.url ?? '';
    const isOpen = OPEN.has(path) || path.startsWith('/page/') || (isMetricsOpen && path === '/metrics');
    // Who has no token yet is known by the address, which a wrong token counts for too.
    const byAddress = `address:${request.ip}`;
    if (isOpen) return limited(limiter, byAddress, reply);
    let user: User;
    try {
      user = await tokens.verify(bearerOf(request));
    } catch (error) {
      const wait = limiter.take(byAddress);
      if (wait !== undefined) return tooMany(reply, wait);
      reply.header('www-authenticate', 'Bearer realm="crypto-lake"');
      throw error;
    }
    if (ADMIN.has(path) && user.role !== 'admin')
      throw new LakeError('AUTH_FORBIDDEN', `\`${path}\` is for the role \`admin\``, {
        hint: 'ask with the token of an admin, or set `CRYPTO_LAKE_METRICS_OPEN=on`',
      });
    return limited(limiter, `user:${user.name}`, reply);
  });
  loginRoutes(app, options);
}

function limited(limiter: RateLimiter, key: string, reply: FastifyReply): FastifyReply | undefined {
  const wait = limiter.take(key);
  return wait === undefined ? undefined : tooMany(reply, wait);
}

function tooMany(reply: FastifyReply, seconds: number): FastifyReply {
  const error = new LakeError('RATE_LIMITED', 'too many requests in this minute', {
    hint: `ask again in ${durationText(seconds * 1000)}`,
  });
  return sendProblem(reply.header('retry-after', String(seconds)), problemOf(error));
}

function bearerOf({ headers }: FastifyRequest): string {
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) throw refused('there is no token');
  return token;
}

function loginRoutes(app: FastifyInstance, { users, tokens }: GuardOptions): void {
  const failed = new RateLimiter(FAILED_LOGINS_PER_MINUTE);
  const tried = new RateLimiter(LOGINS_PER_MINUTE);
  const answer = async (user: User) => {
    const { access, refresh } = await tokens.issue(user);
    return { access_token: access, token_type: 'bearer', expires_in: ACCESS_SECONDS, refresh_token: refresh };
  };
  const noStore = (reply: FastifyReply) => reply.header('cache-control', 'no-store');
  app.post<{ Body: Static<typeof LOGIN> }>(
    '/auth/token',
    {
      schema: {
        summary: 'A token for a name and a password',
        tags: ['auth'],
        body: LOGIN,
        response: answers(TOKEN),
      },
    },
    async (request, reply) => {
      const { username, password } = request.body;
      const key = `${username}|${request.ip}`;
      // Counted before the password is looked at: many at once are as many.
      const wait = tried.take(request.ip) ?? failed.take(key);
      if (wait !== undefined) return tooMany(reply, wait);
      const user = await users.find(username);
      if (!(await isPasswordOf(user, password)) || user === undefined) {
        throw new LakeError('AUTH_REQUIRED', 'the name or the password is wrong', {
          hint: 'an admin of the machine sets it: `crypto-lake users add NAME`',
        });
      }
      failed.giveBack(key);
      noStore(reply);
      return answer(user);
    },
  );
  app.post<{ Body: Static<typeof REFRESH> }>(
    '/auth/refresh',
    {
      schema: {
        summary: 'A new token for a refresh token',
        tags: ['auth'],
        body: REFRESH,
        response: answers(TOKEN),
      },
    },
    async (request, reply) => {
      noStore(reply);
      return answer(await tokens.verify(request.body.refresh_token, 'refresh'));
    },
  );
}
