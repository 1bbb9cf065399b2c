import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RateLimiter } from '../../src/api/auth/rate-limiter.ts';
import { UserStore } from '../../src/api/auth/user-store.ts';
import { type ApiServer, apiServer } from '../support/api-server.ts';
import { run, temporaryFolder } from '../support/program.ts';
import { servedLake } from '../support/served-lake.ts';

const SECRET = 'a-secret-of-tests-0123456789-abcdef-XYZ';
let folder: string;
let api: ApiServer;
let users: UserStore;
let token: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crypto-lake-auth-'));
  await servedLake(join(folder, 'lake'));
  users = new UserStore(join(folder, 'users.json'));
  await users.add('alice', 'correct horse', 'read');
  await users.add('root', 'correct horse', 'admin');
  api = await serveOpenly({ CRYPTO_LAKE_SECRET: SECRET });
  token = (await login('alice', 'correct horse')).access_token;
});

afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

/** On every address of this machine, as others would reach it. */
function serveOpenly(env: Record<string, string>): Promise<ApiServer> {
  return apiServer(join(folder, 'lake'), { CRYPTO_LAKE_USERS: users.path, ...env }, { host: '0.0.0.0' });
}

interface Login {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: string;
  readonly expires_in: number;
}

function post(path: string, body: unknown, at = api): Promise<Response> {
  return fetch(`${at.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function login(username: string, password: string, at = api): Promise<Login> {
  return (await (await post('/auth/token', { username, password }, at)).json()) as Login;
}

function statusWith(bearer: string | undefined, path = '/tables'): Promise<number> {
  return fetch(
    `${api.url}${path}`,
    bearer === undefined ? {} : { headers: { authorization: `Bearer ${bearer}` } },
  ).then(({ status }) => status);
}

const signed = (claims: object, secret = SECRET, expires = '1h') =>
  new SignJWT({ ver: 'x', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('crypto-lake')
    .setAudience('access')
    .setSubject('alice')
    .setExpirationTime(expires)
    .sign(Buffer.from(secret));

describe('a token', () => {
  it('comes for a name and its password, for an hour', async () => {
    expect(await login('alice', 'correct horse')).toMatchObject({ token_type: 'bearer', expires_in: 3600 });
    expect(await statusWith(token)).toBe(200);
  });

  it('is needed everywhere but where nothing of the lake is shown', async () => {
    for (const path of ['/', '/health', '/docs', '/openapi.json'])
      expect([path, await statusWith(undefined, path)]).toEqual([path, 200]);
    for (const path of [
      '/tables',
      '/price/latest',
      '/bars/BTCUSDT',
      '/udf/config',
      '/nowhere',
      '//health',
      '/health/../tables',
    ])
      expect([path, await statusWith(undefined, path)]).toEqual([path, 401]);
  });

  it.each([
    ['nonsense', async () => 'nonsense'],
    [
      'one without a signature',
      async () =>
        new UnsecuredJWT({ ver: 'x', sub: 'alice' })
          .setIssuer('crypto-lake')
          .setAudience('access')
          .setExpirationTime('1h')
          .encode(),
    ],
    ['one of another key', () => signed({}, 'another-secret-of-tests-0123456789-abc')],
    ['an expired one', () => signed({}, SECRET, '-1 minute')],
    ['one of an older password', () => signed({ ver: 'older' })],
    ['a refresh token', async () => (await login('alice', 'correct horse')).refresh_token],
    ['a cut one', async () => token.slice(0, -4)],
    [
      'one whose payload was changed',
      async () => {
        const [head, , tail] = token.split('.');
        return `${head}.${Buffer.from(JSON.stringify({ sub: 'root' })).toString('base64url')}.${tail}`;
      },
    ],
  ])('is refused: %s', async (_name, make) => {
    expect(await statusWith(await make())).toBe(401);
  });

  it('ends with its user, at once', async () => {
    await users.add('bob', 'correct horse', 'read');
    const bobs = (await login('bob', 'correct horse')).access_token;
    expect(await statusWith(bobs)).toBe(200);
    await users.remove('bob');
    expect(await statusWith(bobs)).toBe(401);
  });

  it('is made anew by a refresh token, not by itself', async () => {
    const { refresh_token } = await login('alice', 'correct horse');
    const fresh = (await (await post('/auth/refresh', { refresh_token })).json()) as Login;
    expect(await statusWith(fresh.access_token)).toBe(200);
    expect((await post('/auth/refresh', { refresh_token: token })).status).toBe(401);
  });

  it('of the role read does not open what is for admins', async () => {
    const admin = (await login('root', 'correct horse')).access_token;
    expect(await statusWith(token, '/metrics')).toBe(403);
    expect(await statusWith(admin, '/metrics')).not.toBe(403);
    for (const spelling of ['/%6detrics', '/metric%73', '/%6d%65trics?x=1'])
      expect([spelling, await statusWith(token, spelling)]).toEqual([spelling, 403]);
  });

  it('in the address is no token', async () => {
    expect(await statusWith(undefined, `/tables?access_token=${token}`)).toBe(401);
  });
});

describe('limits', () => {
  it('end the guessing of a password, also when all guesses come at once', async () => {
    const guesses = await Promise.all(
      Array.from({ length: 14 }, (_, index) =>
        post('/auth/token', { username: 'alice2', password: `guess ${index}` }),
      ),
    );
    const statuses = guesses.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    const refused = guesses.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await login('alice', 'correct horse')).access_token).toBeTypeOf('string');
  });

  it('of requests are by user, then by address', async () => {
    const limited = await serveOpenly({ CRYPTO_LAKE_RATE_LIMIT: '5', CRYPTO_LAKE_SECRET: SECRET });
    try {
      const ask = (bearer: string) =>
        fetch(`${limited.url}/tables`, { headers: { authorization: `Bearer ${bearer}` } });
      const statuses: number[] = [];
      for (let i = 0; i < 7; i++) statuses.push((await ask(token)).status);
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
      const admin = (await login('root', 'correct horse', limited)).access_token;
      expect((await ask(admin)).status).toBe(200);
      const strangers: number[] = [];
      for (let i = 0; i < 7; i++) strangers.push((await ask('nonsense')).status);
      expect(strangers.slice(-2)).toEqual([429, 429]);
    } finally {
      await limited.close();
    }
  });

  it('remember no more keys than they have room for', () => {
    const limiter = new RateLimiter(1, () => 0);
    for (let i = 0; i < 30_000; i++) limiter.take(`key ${i}`);
    expect(limiter.take('key 29999')).toBe(60);
    expect(limiter.take('key 0')).toBeUndefined();
  });
});

describe('a server that others can reach', () => {
  it.each([
    ['without users', {}, 'users add'],
    [
      'with a secret that can be guessed',
      { CRYPTO_LAKE_SECRET: 'changeme-changeme-changeme-changeme' },
      'openssl',
    ],
    ['with a short secret', { CRYPTO_LAKE_SECRET: 'short' }, 'openssl'],
  ])('does not start %s', async (name, env, hint) => {
    const own = await temporaryFolder();
    const file = join(own, 'users.json');
    if (name !== 'without users') await writeFile(file, await readFile(users.path), { mode: 0o600 });
    const { code, stderr } = await run(['serve', '--host', '0.0.0.0', '--port', '0', '--lake', own], {
      env: { CRYPTO_LAKE_USERS: file, ...env },
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining('[CONFIG_INVALID]')]);
    expect(stderr).toContain(hint);
  });

  it('opens its metrics apart, and nothing else with them', async () => {
    const own = await serveOpenly({ CRYPTO_LAKE_SECRET: SECRET, CRYPTO_LAKE_METRICS_OPEN: 'on' });
    try {
      expect((await own.get('/metrics')).status).toBe(200);
      expect((await own.get('/tables')).status).toBe(401);
    } finally {
      await own.close();
    }
  });

  it('keeps its secret and its users from others', async () => {
    const own = await serveOpenly({});
    await own.close();
    for (const file of ['users.json', 'token-secret'])
      expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    expect(await readFile(users.path, 'utf8')).not.toContain('correct horse');
  });

  it('lets pages of named origins in alone', async () => {
    const own = await serveOpenly({ CRYPTO_LAKE_CORS: 'https://example.com' });
    try {
      const allowed = (origin: string) =>
        fetch(`${own.url}/health`, { headers: { origin } }).then(({ headers }) =>
          headers.get('access-control-allow-origin'),
        );
      expect(await allowed('https://example.com')).toBe('https://example.com');
      expect(await allowed('https://evil.example')).toBeNull();
    } finally {
      await own.close();
    }
  });
});

describe('crypto-lake users', () => {
  it('adds by stdin, lists without passwords, and removes', async () => {
    const env = { CRYPTO_LAKE_USERS: join(await temporaryFolder(), 'deep', 'users.json') };
    const added = await run(['users', 'add', 'carol', '--role', 'admin'], { env, stdin: 'correct horse\n' });
    expect([added.code, added.stderr]).toEqual([0, expect.stringContaining('added carol')]);
    const listed = await run(['users', 'list'], { env });
    expect(listed.stdout).toBe('{"name":"carol","role":"admin"}\n');
    expect((await run(['users', 'remove', 'carol'], { env })).code).toBe(0);
    expect((await run(['users', 'remove', 'carol'], { env })).code).toBe(2);
  });

  it('refuses passwords and names that are none', async () => {
    const env = { CRYPTO_LAKE_USERS: join(await temporaryFolder(), 'users.json') };
    for (const [name, stdin] of [
      ['dave', 'short'],
      ['dave', ''],
      ['../dave', 'correct horse'],
      ['a b', 'correct horse'],
    ] as const) {
      expect((await run(['users', 'add', name], { env, stdin })).code).toBe(2);
    }
  });

  it('refuses a file that others can read', async () => {
    const file = join(await temporaryFolder(), 'users.json');
    await writeFile(file, '{"users": []}', { mode: 0o644 });
    const { code, stderr } = await run(['users', 'list'], { env: { CRYPTO_LAKE_USERS: file } });
    expect([code, stderr]).toEqual([2, expect.stringContaining('chmod 600')]);
  });
});
