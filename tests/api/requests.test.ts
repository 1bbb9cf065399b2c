import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, apiServer } from '../support/api-server.ts';
import { runSql } from '../support/parquet-table.ts';
import { eventually } from '../support/program.ts';
import { servedLake } from '../support/served-lake.ts';

let lake: string;
let api: ApiServer;

beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-api-'));
  await servedLake(lake);
  api = await apiServer(lake);
});

afterAll(async () => {
  await api.close();
  await rm(lake, { recursive: true, force: true });
});

interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly hint: string;
}

async function problem(
  path: string,
  init: RequestInit = {},
): Promise<Problem & { readonly type: string | null }> {
  const response = await fetch(`${api.url}${path}`, init);
  return { ...((await response.json()) as Problem), type: response.headers.get('content-type') };
}

const sql = (body: unknown, headers: Record<string, string> = {}) => ({
  method: 'POST',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
});

describe('an error is a problem document with a code and a hint:', () => {
  it.each([
    ['/bars/NOSUCHUSDT', 404, 'SYMBOL_NOT_FOUND'],
    ['/price/latest?symbol=NOSUCH', 404, 'SYMBOL_NOT_FOUND'],
    ['/price/predict', 404, 'MODEL_NOT_FOUND'],
    ['/nowhere', 404, 'NOT_FOUND'],
    ['/bars/BTCUSDT?nonsense=1', 400, 'USAGE'],
    ['/bars/BTCUSDT?limit=0', 400, 'USAGE'],
    ['/bars/BTCUSDT?limit=1&limit=2', 400, 'USAGE'],
    ['/bars/BTCUSDT?limit=99999999', 400, 'USAGE'],
    ['/bars/BTCUSDT?timeframe=7m', 400, 'USAGE'],
    ['/bars/BTCUSDT?from=yesterday', 400, 'USAGE'],
    ['/bars/BTCUSDT?from=-1', 400, 'USAGE'],
    ['/bars/BTCUSDT?as_of=x', 400, 'USAGE'],
    ['/bars/BTCUSDT?cursor=bm9uc2Vuc2U', 400, 'USAGE'],
    ['/bars/BTCUSDT?format=xlsx', 406, 'FORMAT_UNSUPPORTED'],
    ["/bars/BTC'%20OR%201=1", 400, 'USAGE'],
    ['/bars/..%2f..%2fetc%2fpasswd', 400, 'USAGE'],
    ['/indicators/BTCUSDT?known=first', 400, 'USAGE'],
    ['/liquidations?bucket=0s', 400, 'USAGE'],
    [`/bars/BTCUSDT?from=${'9'.repeat(5000)}`, 414, 'TOO_LARGE'],
    ['/health?x=1', 400, 'USAGE'],
  ])('%s', async (path, status, code) => {
    const reported = await problem(path);
    expect(reported).toMatchObject({ status, code, type: 'application/problem+json' });
    expect(reported.hint).not.toBe('');
    expect(JSON.stringify(reported)).not.toMatch(/\bat .*\.(ts|js):\d+|node_modules/);
  });

  it.each([
    ['POST', '/bars/BTCUSDT', 'GET, HEAD'],
    ['DELETE', '/price/latest', 'GET, HEAD'],
    ['GET', '/sql', 'POST'],
  ])('%s %s is 405, and says what is allowed', async (method, path, allowed) => {
    const response = await fetch(`${api.url}${path}`, { method });
    expect([response.status, response.headers.get('allow')?.split(', ').sort().join(', ')]).toEqual([
      405,
      allowed,
    ]);
    expect(await response.json()).toMatchObject({ status: 405, title: 'Method not allowed', code: 'USAGE' });
  });

  it('of a parameter that has few values names them', async () => {
    expect((await problem('/bars/BTCUSDT?fill=zero')).hint).toContain('none, previous');
  });

  it('does not tell where the lake lies', async () => {
    const { detail } = await problem('/bars/BTCUSDT?as_of=999');
    expect(detail).toContain('`bars_1m` has no version 999');
    expect(detail).not.toContain(lake);
  });

  it('has no ETag: there is nothing to keep', async () => {
    expect((await api.get('/bars/NOSUCHUSDT')).headers.get('etag')).toBeNull();
  });

  it('also of bodies', async () => {
    expect(await problem('/sql', sql('{'))).toMatchObject({ status: 400, code: 'USAGE' });
    expect(await problem('/sql', sql({ sql: 'x'.repeat(70_000) }))).toMatchObject({
      status: 413,
      code: 'TOO_LARGE',
    });
    expect(await problem('/sql', sql('SELECT 1', { 'content-type': 'text/plain' }))).toMatchObject({
      status: 415,
    });
    expect(await problem('/sql', sql({ sql: 'SELECT 1', more: 1 }))).toMatchObject({ status: 400 });
    expect(await problem('/sql')).toMatchObject({ status: 405, code: 'USAGE' });
  });
});

describe('SQL', () => {
  it('reads tables and views, with its versions', async () => {
    const response = await fetch(
      `${api.url}/sql`,
      sql({ sql: 'SELECT count(*) AS n, 9007199254740993 AS big FROM prices' }),
    );
    expect(await response.json()).toMatchObject({
      data: [{ n: 180, big: '9007199254740993' }],
      data_version: { prices: 1 },
      truncated: false,
    });
  });

  it('is cut at its limit, and says so', async () => {
    const response = await fetch(`${api.url}/sql`, sql({ sql: 'SELECT * FROM range(100)', limit: 10 }));
    const { data, truncated } = (await response.json()) as { data: unknown[]; truncated: boolean };
    expect([data.length, truncated]).toEqual([10, true]);
  });

  it.each([
    ["COPY (SELECT 1) TO '/tmp/x'", 'SQL_FORBIDDEN'],
    ["SELECT * FROM read_csv('/etc/passwd')", 'SQL_FORBIDDEN'],
    ["SELECT * FROM read_text('https://example.com/')", 'SQL_FORBIDDEN'],
    ['SELECT 1; SELECT 2', 'SQL_FORBIDDEN'],
    ['SET memory_limit = 1', 'SQL_FORBIDDEN'],
    ['SELECT * FROM nowhere', 'SQL_INVALID'],
    ['SELEC 1', 'SQL_INVALID'],
  ])('%s is refused', async (text, code) => {
    expect(await problem('/sql', sql({ sql: text }))).toMatchObject({ status: 400, code });
  });
});

describe('formats', () => {
  it('are chosen by `format` or `Accept`, and hold the same rows', async () => {
    const path = '/bars/BTCUSDT?limit=5';
    const { data } = await api.json(path);
    const ndjson = await (await api.get(`${path}&format=ndjson`)).text();
    expect(
      ndjson
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(data);
    const csv = await api.get(path, { accept: 'text/csv' });
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect((await csv.text()).split('\n')).toHaveLength(7);
    const arrow = await api.get(path, { accept: 'application/vnd.apache.arrow.stream' });
    const table = tableFromIPC(new Uint8Array(await arrow.arrayBuffer()));
    expect([...(table.getChild('close') ?? [])]).toEqual(data.map(({ close }) => close));
    const parquet = await api.get(`${path}&format=parquet`);
    const { writeFile } = await import('node:fs/promises');
    const file = join(lake, '_answer.parquet');
    await writeFile(file, new Uint8Array(await parquet.arrayBuffer()));
    expect(await runSql(`SELECT close FROM '${file}'`)).toEqual(data.map(({ close }) => [close]));
    expect(parquet.headers.get('x-next')).not.toBeNull();
  });
});

describe('an answer', () => {
  it('has an ETag of its versions, by which the next one is 304', async () => {
    const first = await api.get('/bars/ETHUSDT?limit=3');
    const etag = first.headers.get('etag') ?? '';
    const second = await api.get('/bars/ETHUSDT?limit=3', { 'if-none-match': etag });
    expect([second.status, await second.text()]).toEqual([304, '']);
    expect((await api.get('/bars/ETHUSDT?limit=4', { 'if-none-match': etag })).status).toBe(200);
  });

  it('of pinned versions may be kept, one of now must be asked for again', async () => {
    const first = await api.get('/bars/ETHUSDT?limit=3');
    expect(first.headers.get('cache-control')).toBe('public, no-cache');
    const { next } = (await first.json()) as { next: string };
    const second = await api.get(`/bars/ETHUSDT?limit=3&cursor=${next}`);
    expect(second.headers.get('cache-control')).toContain('immutable');
    expect((await api.get('/bars/ETHUSDT?as_of=1')).headers.get('cache-control')).toContain('immutable');
  });

  it('of a time that is not over, or that moves, must be asked for again', async () => {
    const aSecondAgo = new Date(Date.now() - 1000).toISOString();
    for (const asOf of ['2199-01-01', '0s', '1ms', aSecondAgo]) {
      const response = await api.get(`/bars/ETHUSDT?as_of=${asOf}`);
      if (response.status !== 200) continue;
      expect([asOf, response.headers.get('cache-control')]).toEqual([asOf, 'public, no-cache']);
    }
  });

  it('belongs to its question: the cursor of another one is refused', async () => {
    const { next } = await api.json('/bars/ETHUSDT?limit=3');
    expect(await problem(`/bars/BTCUSDT?limit=3&cursor=${next}`)).toMatchObject({
      status: 400,
      code: 'USAGE',
    });
  });

  it('comes with headers that keep browsers safe', async () => {
    const { headers } = await api.get('/health');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the log', () => {
  it('has a line of JSON for each request with its id, and nothing of what was asked', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
    const own = await apiServer(lake, {}, { log });
    try {
      const { headers } = await own.get('/bars/BTCUSDT?limit=1');
      await own.get('/nowhere?access_token=hush');
      const answered = await eventually('both lines', () => {
        const found = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'answered');
        return found.length === 2 && found;
      });
      expect(answered[0]).toMatchObject({
        requestId: headers.get('x-request-id'),
        method: 'GET',
        route: '/bars/:symbol',
        status: 200,
        ms: expect.any(Number),
      });
      expect(lines.join('')).not.toMatch(/hush|BTCUSDT/);
    } finally {
      await own.close();
    }
  });
});

describe('the documentation', () => {
  it('is OpenAPI 3.1 of all addresses, and a page without a network', async () => {
    const openapi = await api.json('/openapi.json');
    expect(openapi.openapi).toBe('3.1.0');
    expect(Object.keys(openapi.paths as object)).toEqual(
      expect.arrayContaining(['/bars/{symbol}', '/price/latest', '/sql', '/health', '/liquidations']),
    );
    const page = await (await api.get('/docs')).text();
    expect(page).not.toMatch(/https?:\/\/(?!127)/);
    expect((await api.get('/docs/page.js')).status).toBe(200);
  });
});

describe('a stranger', () => {
  it('under another name for this machine is refused', async () => {
    const answer = await raw('GET /tables HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 421 .*AUTH_FORBIDDEN/s);
  });

  it('who speaks no HTTP, or too much of it, gets one answer', async () => {
    expect(await raw('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });
});

function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(api.port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
