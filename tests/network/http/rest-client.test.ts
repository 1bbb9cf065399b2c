import { createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { LakeError } from '../../../src/base/errors.ts';
import { bendableClock, openHostLimits } from '../../support/feed-server.ts';
import { type Answer, httpServer, reply, restClient } from '../../support/http-server.ts';
import { eventually } from '../../support/program.ts';

const NEVER = new AbortController().signal;

async function failureOf(asking: Promise<unknown>): Promise<LakeError> {
  const error = await asking.then(
    () => new Error('it worked'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LakeError)) throw error;
  expect(error.hint?.length).toBeGreaterThan(10);
  return error;
}

describe('a REST client', () => {
  it('gives the body and when it was asked for and came', async () => {
    const server = await httpServer((_, response) => setTimeout(() => response.end('{"a":1}'), 50));
    const rest = await restClient();
    const { body, startedAtUs, receivedAtUs } = await rest.get(`${server.url}/api/v3/time?x=1`, 1, NEVER);
    expect(body).toBe('{"a":1}');
    expect(receivedAtUs - startedAtUs).toBeGreaterThan(40_000);
    expect(Math.abs(receivedAtUs - Date.now() * 1000)).toBeLessThan(1_000_000);
    expect(server.requests[0]?.url).toBe('/api/v3/time?x=1');
    expect(server.requests[0]?.headers['x-mbx-apikey']).toBeUndefined();
  });

  it('sends the key only when there is one, and never shows it, whatever the exchange echoes', async () => {
    const server = await httpServer((request, response) =>
      response.writeHead(400).end(`bad key ${request.headers['x-mbx-apikey']}`),
    );
    const rest = await restClient({ apiKey: 'secret-key' });
    const error = await failureOf(rest.get(server.url, 1, NEVER));
    expect(server.requests[0]?.headers['x-mbx-apikey']).toBe('secret-key');
    expect(error.message).toMatch(/400: bad key …/);
    expect(JSON.stringify(error) + error.stack).not.toContain('secret-key');
  });

  it.each([500, 503, 408])('tries again after %i', async (status) => {
    const server = await httpServer((request, response, number) =>
      reply(number < 3 ? status : 200, '[]')(request, response, number),
    );
    const rest = await restClient();
    expect((await rest.get(server.url, 1, NEVER)).body).toBe('[]');
    expect(server.requests.length).toBe(3);
  });

  it.each<[string, Answer]>([
    ['a connection that breaks', (request) => request.socket.destroy()],
    [
      'a body that breaks off',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('[1,');
        setTimeout(() => response.destroy(), 20);
      },
    ],
    ['JSON that breaks off', reply(200, '[{"symbol":"BTCUSDT"},{"sym')],
  ])('tries again after %s', async (_, fault) => {
    const server = await httpServer((request, response, number) =>
      (number === 1 ? fault : reply(200, '{}'))(request, response, number),
    );
    const rest = await restClient();
    expect((await rest.get(server.url, 1, NEVER)).body).toBe('{}');
    expect(server.requests.length).toBe(2);
  });

  it.each<[string, Answer, string, RegExp]>([
    [
      'an unknown symbol',
      reply(400, '{"code":-1121,"msg":"Invalid symbol."}'),
      'EXCHANGE_REFUSED',
      /400: .*-1121/,
    ],
    [
      'a web page',
      reply(200, '<html>Log in\u0007</html>'),
      'EXCHANGE_NONSENSE',
      /not JSON: <html>Log in\\u0007/,
    ],
    ['nothing', reply(200, ''), 'EXCHANGE_NONSENSE', /not JSON/],
    ['a redirect', reply(302, '', { location: 'https://login.invalid/' }), 'EXCHANGE_NONSENSE', /elsewhere/],
    ['429', reply(429, '{}', { 'retry-after': '9' }), 'EXCHANGE_BANNED', /limits this address until/],
    ['418', reply(418, '{}', { 'retry-after': '9' }), 'EXCHANGE_BANNED', /banned this address until/],
    ['403', reply(403, '<html><body>Forbidden'), 'EXCHANGE_REFUSED', /firewall.*403.*: Forbidden/],
    ['451', reply(451, '{"msg":"restricted location"}'), 'EXCHANGE_BLOCKED', /region.*451/],
    [
      '503 with Retry-After',
      reply(503, '', { 'retry-after': '9' }),
      'EXCHANGE_UNREACHABLE',
      /left alone until/,
    ],
  ])('does not ask again after %s', async (_, answer, code, message) => {
    const server = await httpServer(answer);
    const rest = await restClient();
    const error = await failureOf(rest.get(server.url, 1, NEVER));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(server.requests.length).toBe(1);
  });

  it.each([429, 418, 403, 451])(
    'asks nothing of a host that said %i, in parallel neither',
    async (status) => {
      const server = await httpServer((request, response, number) => {
        setTimeout(() => reply(status, '', { 'retry-after': '60' })(request, response, number), 30);
      });
      const rest = await restClient();
      const errors = await Promise.all([1, 2, 3, 4, 5].map(() => failureOf(rest.get(server.url, 1, NEVER))));
      expect(new Set(errors.map(({ code }) => code)).size).toBe(1);
      await failureOf(rest.get(server.url, 1, NEVER));
      expect(server.requests.length).toBe(1);
    },
  );

  it('shares what it learns with sockets to the same host', async () => {
    const server = await httpServer(reply(429, '', { 'retry-after': '60' }));
    const hostLimits = await openHostLimits();
    const rest = await restClient({ hostLimits });
    await failureOf(rest.get(server.url, 1, NEVER));
    expect(hostLimits.refusalOf(server.url.replace('http', 'ws'))?.code).toBe('EXCHANGE_BANNED');
  });

  it.each<[string, Answer]>([
    ['never answers', () => undefined],
    ['lets the body crawl', (_, response) => drip(response)],
  ])('gives up on a server that %s', async (_, answer) => {
    const server = await httpServer(answer);
    const rest = await restClient({ timeoutMs: 150, maxAttempts: 2 });
    const sinceMs = performance.now();
    const error = await failureOf(rest.get(server.url, 1, NEVER));
    expect(error.code).toBe('EXCHANGE_UNREACHABLE');
    expect(error.message).toMatch(/no answer in time/);
    expect(performance.now() - sinceMs).toBeLessThan(2500);
    expect(server.requests.length).toBe(2);
  });

  it('keeps to its deadline over all attempts', async () => {
    const server = await httpServer(() => undefined);
    const rest = await restClient({ timeoutMs: 200, maxAttempts: 50, deadlineMs: 500 });
    const sinceMs = performance.now();
    expect((await failureOf(rest.get(server.url, 1, NEVER))).message).toMatch(/no answer in time/);
    expect(performance.now() - sinceMs).toBeLessThan(1200);
  });

  it('does not take more than 64 MiB', async () => {
    const chunk = Buffer.alloc(2 ** 20, '1');
    const server = await httpServer((_, response) => {
      response.write('[');
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    const rest = await restClient({ timeoutMs: 5000 });
    const error = await failureOf(rest.get(server.url, 1, NEVER));
    expect(error.code).toBe('EXCHANGE_NONSENSE');
    expect(error.message).toMatch(/more than 64 MiB/);
    expect(server.requests.length).toBe(1);
  });

  it('says what is wrong with an address', async () => {
    const rest = await restClient({ maxAttempts: 1 });
    const cases = [
      ['http://127.0.0.1:1/', /connection refused/],
      ['http://no-such-exchange.invalid/', /host name cannot be resolved/],
    ] as const;
    for (const [url, message] of cases) {
      const error = await failureOf(rest.get(url, 1, NEVER));
      expect(error.code).toBe('EXCHANGE_UNREACHABLE');
      expect(error.message).toMatch(message);
    }
    const server = createServer({});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const error = await failureOf(rest.get(`https://127.0.0.1:${port}/`, 1, NEVER));
    expect(error.message).toMatch(/secure connection failed/);
    server.close();
  });

  it('stops at once when asked to, also between two attempts', async () => {
    const server = await httpServer(reply(500, ''));
    const rest = await restClient({ maxAttempts: 50 });
    const stop = new AbortController();
    const asking = rest.get(server.url, 1, stop.signal);
    const settled = asking.catch((error: unknown) => error);
    await eventually('it is in its second pause', () => server.requests.length >= 2);
    const sinceMs = performance.now();
    stop.abort();
    expect(await settled).toMatchObject({ name: 'AbortError' });
    expect(performance.now() - sinceMs).toBeLessThan(100);
    const asked = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.requests.length).toBe(asked);
  });

  it('leaves a host alone for a while after five failed calls in a row', async () => {
    const server = await httpServer(reply(500, ''));
    const rest = await restClient({ maxAttempts: 1 });
    for (let n = 0; n < 5; n++)
      expect((await failureOf(rest.get(server.url, 1, NEVER))).message).toMatch(/500/);
    server.answer = reply(200, '{}');
    expect((await failureOf(rest.get(server.url, 1, NEVER))).message).toMatch(/left alone/);
    expect(server.requests.length).toBe(5);
  });
});

describe('the request weight', () => {
  const clockAt = (second: number): Clock & { skip(ms: number): void } => {
    const clock = bendableClock();
    clock.skip(60_000 - (Math.floor(clock.nowUs() / 1000) % 60_000) + second * 1000);
    return clock;
  };

  it('that the exchange counts is respected until the minute is over', async () => {
    const server = await httpServer(reply(200, '{}', { 'x-mbx-used-weight-1m': '4790' }));
    const clock = clockAt(5);
    const rest = await restClient({ clock });
    await rest.get(`${server.url}/api/v3/ticker/24hr`, 80, NEVER);
    const error = await failureOf(rest.get(`${server.url}/api/v3/ticker/24hr`, 80, NEVER));
    expect(error.code).toBe('EXCHANGE_BANNED');
    expect(error.message).toMatch(/weight .* is used up/);
    // The pool of futures is another one.
    await rest.get(`${server.url}/fapi/v1/time`, 1, NEVER);
    clock.skip(60_000);
    await rest.get(`${server.url}/api/v3/ticker/24hr`, 80, NEVER);
    expect(server.requests.length).toBe(3);
  });

  it('is waited for when the minute is over soon, and the wait can be stopped', async () => {
    const server = await httpServer(reply(200, '{}', { 'x-mbx-used-weight-1m': '4790' }));
    const rest = await restClient({ clock: clockAt(58.6) });
    await rest.get(server.url, 80, NEVER);
    const sinceMs = performance.now();
    await rest.get(server.url, 80, NEVER);
    expect(performance.now() - sinceMs).toBeGreaterThan(500);
    const other = await restClient({ clock: clockAt(40) });
    await other.get(server.url, 80, NEVER);
    const stopMs = performance.now();
    await expect(other.get(server.url, 80, AbortSignal.timeout(50))).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(performance.now() - stopMs).toBeLessThan(500);
  });

  it('of futures is limited to 2400 a minute', async () => {
    const server = await httpServer(reply(200, '{}', { 'x-mbx-used-weight-1m': '1910' }));
    const rest = await restClient({ clock: clockAt(5) });
    await rest.get(`${server.url}/fapi/v1/time`, 1, NEVER);
    expect((await failureOf(rest.get(`${server.url}/dapi/v1/exchangeInfo`, 40, NEVER))).code).toBe(
      'EXCHANGE_BANNED',
    );
  });
});

function drip(response: Parameters<Answer>[1]): void {
  response.write('[');
  const more = setInterval(() => (response.destroyed ? clearInterval(more) : response.write('1,')), 40);
}
