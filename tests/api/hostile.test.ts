import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import Schema from 'typebox/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, apiServer } from '../support/api-server.ts';
import { servedLake } from '../support/served-lake.ts';

let lake: string;
let api: ApiServer;
let paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-hostile-'));
  await servedLake(lake);
  api = await apiServer(lake);
  paths = (await api.json('/openapi.json')).paths as typeof paths;
});

afterAll(async () => {
  await api.close();
  await rm(lake, { recursive: true, force: true });
});

describe('every address', () => {
  const EXAMPLES: Readonly<Record<string, string>> = {
    '/bars/{symbol}': '?limit=200',
    '/features/{symbol}': '?timeframe=5m',
    '/udf/history': '?symbol=BTCUSDT&resolution=1&from=1763618400&to=1763618520',
    '/udf/symbols': '?symbol=BTCUSDT',
  };

  /** Nobody has trained a model; a socket begins with an upgrade. */
  const STATUS: Readonly<Record<string, number>> = {
    '/price/predict': 404,
    '/ws': 426,
    '/ws/subscribe': 426,
  };

  it('answers as its schema says, each list with rows that have nothing else, also with a problem', async () => {
    for (const [path, methods] of Object.entries(paths)) {
      const operation = methods.get;
      if (operation === undefined || path === '/events') continue;
      const address = path.replace('{symbol}', 'BTCUSDT') + (EXAMPLES[path] ?? '');
      const response = await api.get(address);
      const body: unknown = await response.json();
      const reported =
        operation.responses[String(response.status)] ??
        operation.responses[`${String(response.status)[0]}XX`] ??
        operation.responses['4XX'];
      const schema = Object.values(reported?.content ?? {})[0]?.schema ?? {};
      expect([path, response.status, Schema.Check(schema as never, body) ? 'fits' : body]).toEqual([
        path,
        response.status,
        'fits',
      ]);
      expect([path, response.status]).toEqual([path, STATUS[path] ?? 200]);
      const { data } = (schema as Shape).properties ?? {};
      if (data?.items) {
        const rows = (body as { data: object[] }).data;
        expect([path, rows.length > 0]).toEqual([path, true]);
        const named = Object.keys(data.items.properties ?? {});
        const unnamed = rows.flatMap((row) => Object.keys(row).filter((column) => !named.includes(column)));
        expect([path, unnamed]).toEqual([path, []]);
      }
      const unknown = await api.get(`${address}${address.includes('?') ? '&' : '?'}no_such_parameter=1`);
      expect([path, unknown.status]).toEqual([path, 400]);
    }
  });
});

describe('whatever is sent', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      "' OR 1=1 --",
      '../../../etc/passwd',
      '%00',
      '\u0000',
      '𝕏'.repeat(20),
      'NaN',
      '-1',
      '1e309',
      '9'.repeat(40),
      '[]',
      '{}',
      'true',
      '$symbol',
      '"; DROP TABLE prices; --',
      '\r\nX: y',
    ),
  );

  it('in parameters, the answer is one of ours and no failure', async () => {
    const addresses = Object.entries(paths).filter(([path, methods]) => methods.get && path !== '/events');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), nasty), { maxLength: 4 }),
        nasty,
        async (index, values, symbol) => {
          const [path = '/', methods] = addresses[index % addresses.length] ?? [];
          const names = (methods?.get?.parameters ?? [])
            .filter((one) => one.in === 'query')
            .map(({ name }) => name);
          const query = new URLSearchParams();
          for (const [which, value] of values)
            query.set(names[which % Math.max(1, names.length)] ?? 'x', value);
          const response = await api.get(`${path.replace('{symbol}', encodeURIComponent(symbol))}?${query}`);
          const text = await response.text();
          expect([response.status, text]).toEqual([
            expect.toSatisfy((status: number) => status < 500),
            expect.not.stringMatching(/node_modules|\.ts:\d+|at Object\./),
          ]);
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);

  it('as SQL, nothing is written and nothing else is read', async () => {
    const files = async () =>
      (await readdir(lake, { recursive: true })).filter((name) => !name.startsWith('.crypto-lake-scratch-'));
    const before = await files();
    const statements = [
      "COPY prices TO 'out.csv'",
      "ATTACH '/etc/passwd'",
      'CREATE TABLE x AS SELECT 1',
      'INSTALL httpfs',
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM '/etc/passwd'",
      "SELECT getenv('HOME')",
      'PRAGMA database_list',
      "EXPORT DATABASE 'x'",
      'SELECT 1; DROP VIEW prices',
      "SELECT * FROM query('SELECT 1')",
    ];
    for (const sql of statements) {
      const response = await fetch(`${api.url}/sql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sql }),
      });
      expect([sql, response.status]).toEqual([sql, 400]);
    }
    expect(await files()).toEqual(before);
  });

  it('by idle, half-open and slow sockets, others are answered', async () => {
    const sockets: Socket[] = [];
    const open = (text: string) =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(api.port, '127.0.0.1', () => {
          socket.write(text);
          resolve();
        });
        socket.on('error', reject);
        sockets.push(socket);
      });
    for (let i = 0; i < 200; i++) await open('');
    for (let i = 0; i < 50; i++) await open('GET /tables HTTP/1.1\r\nHost: localhost\r\n');
    for (let i = 0; i < 50; i++)
      await open(
        'POST /sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"sql"',
      );
    expect((await api.get('/price/latest')).status).toBe(200);
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.destroy();
    }
    expect((await api.get('/health')).status).toBe(200);
  });
});
