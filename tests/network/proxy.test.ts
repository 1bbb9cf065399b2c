import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo, getDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LakeError } from '../../src/base/errors.ts';
import type { ProxySettings } from '../../src/network/proxy-rules.ts';
import { noteFailedConnection } from '../../src/network/slow-network.ts';
import { FeedSocket } from '../../src/network/websocket/feed-socket.ts';
import { bendableClock, feedServer, liquidationSpec, openHostLimits, SHORT } from '../support/feed-server.ts';
import { httpServer, reply, restClient } from '../support/http-server.ts';
import { eventually, run, temporaryFolder } from '../support/program.ts';
import { proxyServer } from '../support/proxy-server.ts';

const NEVER = new AbortController().signal;
const TICKER = '[{"symbol":"BTCUSDT","lastPrice":"1.0"}]';

function through(url: string, noProxy: readonly string[] = []): ProxySettings {
  return { httpProxy: url, httpsProxy: url, noProxy };
}

/** A server that speaks TLS under a name that nobody vouches for, and its certificate. */
async function secureServer(): Promise<{ readonly host: string; readonly certificate: string }> {
  const folder = await temporaryFolder();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=exchange.invalid`;
  const name = ['-addext', 'subjectAltName=DNS:exchange.invalid', '-keyout', key, '-out', certificate];
  execFileSync('openssl', [...words.split(' '), ...name], { stdio: 'ignore' });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(TICKER);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, certificate };
}

/** How a socket ended, or that it listened. */
async function outcomeOf(
  url: string,
  proxies: ProxySettings,
  hostLimits?: Awaited<ReturnType<typeof openHostLimits>>,
) {
  let outcome: string | undefined;
  const socket = new FeedSocket({
    url,
    spec: liquidationSpec(),
    topics: [],
    proxies,
    hostLimits: hostLimits ?? (await openHostLimits()),
    clock: bendableClock(),
    timeouts: SHORT,
    connection: 'ws-1',
    emit: (event) => {
      if (event.type !== 'state') return;
      const { state, reason } = event;
      if (state === 'listening' || state === 'waiting') outcome ??= reason || state;
    },
  });
  onTestFinished(() => socket.end('stop', 'test over'));
  return eventually('it listens or ends', () => outcome);
}

describe('requests through a proxy', () => {
  it('hand it a plain one as it is, with the login of its address, and ask NO_PROXY hosts directly', async () => {
    const exchange = await httpServer(reply(200, '{"a":1}'));
    const proxy = await proxyServer(new URL(exchange.url).host);
    const rest = await restClient({
      proxies: through(proxy.url.replace('//', '//na%40me:pa%3Ass@'), ['direct.invalid']),
    });
    const { body } = await rest.get('http://exchange.invalid/api/v3/time?x=1', 1, NEVER);
    expect(body).toBe('{"a":1}');
    expect(proxy.asked).toEqual(['GET http://exchange.invalid/api/v3/time?x=1']);
    const login = Buffer.from('na@me:pa:ss').toString('base64');
    expect(proxy.requests[0]?.headers['proxy-authorization']).toBe(`Basic ${login}`);
    await expect(rest.get('http://direct.invalid/', 1, NEVER)).rejects.toThrow(
      /host name cannot be resolved$/,
    );
    expect((await rest.get(exchange.url, 1, NEVER)).body).toBe('{"a":1}');
    expect(proxy.asked).toHaveLength(1);
  });

  it('say which proxy failed or refused, and what to do, without its password', async () => {
    const proxy = await proxyServer('127.0.0.1:1');
    const address = proxy.url.replace('//', '//name:secret@');
    const rest = await restClient({ proxies: through(address), maxAttempts: 1 });
    const failure = (url: string) =>
      rest.get(url, 1, NEVER).catch((error: LakeError) => error) as Promise<LakeError>;
    proxy.refuseWith = 407;
    const refused = /refused it with 407 \(through the proxy http:\/\/127\.0\.0\.1:\d+\)$/;
    const plain = await failure('http://exchange.invalid/');
    const tunnel = await failure('https://exchange.invalid/');
    for (const { message, hint, stack } of [plain, tunnel]) {
      expect(message).toMatch(refused);
      expect(hint).toMatch(/NAME:PASSWORD/);
      expect(message + hint + stack).not.toContain('secret');
    }
    expect(proxy.asked.at(-1)).toBe('CONNECT exchange.invalid:443');
    const gone = await restClient({ proxies: through('http://127.0.0.1:1'), maxAttempts: 1 });
    await expect(gone.get('https://exchange.invalid/', 1, NEVER)).rejects.toThrow(
      /connection refused \(through the proxy http:\/\/127\.0\.0\.1:1\)$/,
    );
  });
});

describe('a socket through a proxy', () => {
  it('goes through a tunnel, secure or not', async () => {
    const feed = await feedServer();
    const proxy = await proxyServer(feed.host);
    expect(await outcomeOf('ws://exchange.invalid/market', through(proxy.url))).toBe('listening');
    expect(proxy.asked).toEqual(['CONNECT exchange.invalid:80']);
    expect(await outcomeOf(`${feed.url}/market`, through(proxy.url))).toBe('listening');
    expect(proxy.asked).toHaveLength(1);
  });

  it("does not take the proxy's refusal for a block by the exchange", async () => {
    const proxy = await proxyServer('127.0.0.1:1');
    proxy.refuseWith = 403;
    const hostLimits = await openHostLimits();
    const url = 'wss://exchange.invalid/market';
    expect(await outcomeOf(url, through(proxy.url), hostLimits)).toMatch(
      /^the proxy refused it with 403 \(through the proxy http:\/\/127\.0\.0\.1:\d+\)$/,
    );
    expect(proxy.asked).toEqual(['CONNECT exchange.invalid:443']);
    expect(hostLimits.refusalOf(url)).toBeUndefined();
  });
});

describe('a certificate that is not trusted', () => {
  it('is reported with the setting that helps, which then does', async () => {
    const { host, certificate } = await secureServer();
    const proxy = await proxyServer(host);
    expect(await outcomeOf('wss://exchange.invalid/', through(proxy.url))).toMatch(
      /secure connection failed \(DEPTH_ZERO_SELF_SIGNED_CERT\).*NODE_EXTRA_CA_CERTS/,
    );
    const env = {
      https_proxy: proxy.url,
      BINANCE_SPOT_REST_URL: 'https://exchange.invalid',
      CRYPTO_LAKE_UPKEEP: 'off',
    };
    const once = async (more: Record<string, string>) =>
      run(['once', '--lake', await temporaryFolder()], { env: { ...env, ...more } });
    const [distrusted, trusted] = await Promise.all([once({}), once({ NODE_EXTRA_CA_CERTS: certificate })]);
    expect(distrusted).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/hint: .*NODE_EXTRA_CA_CERTS/),
    });
    expect(trusted).toMatchObject({ code: 0, stderr: expect.stringMatching(/stored 1 prices/) });
  });
});

describe('a name with several addresses', () => {
  it('gives each of them the time that curl does, once one took too long', () => {
    const failed = (...codes: string[]) =>
      new AggregateError(codes.map((code) => Object.assign(new Error(code), { code })));
    noteFailedConnection(failed('ECONNREFUSED', 'ENETUNREACH'));
    expect(getDefaultAutoSelectFamilyAttemptTimeout()).toBeLessThan(1000);
    noteFailedConnection(failed('ENETUNREACH', 'ETIMEDOUT'));
    expect(getDefaultAutoSelectFamilyAttemptTimeout()).toBe(5000);
  });
});
