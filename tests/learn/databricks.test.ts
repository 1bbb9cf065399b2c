import { describe, expect, it } from 'vitest';
import { StatementApi } from '../../src/learn/databricks/statement-api.ts';
import { httpServer, reply } from '../support/http-server.ts';

const NEVER = new AbortController().signal;

function apiOf(url: string): StatementApi {
  return new StatementApi({
    host: url,
    httpPath: '/sql/1.0/warehouses/abc123',
    token: 'dapi-secret',
    pollMs: 1,
  });
}

const MANIFEST = { schema: { columns: [{ name: 'symbol' }, { name: 'rows' }] } };

describe('the Statement Execution API', () => {
  it('is polled until it has run, and read chunk by chunk', async () => {
    const answers = [
      { statement_id: 's1', status: { state: 'PENDING' } },
      { statement_id: 's1', status: { state: 'RUNNING' } },
      {
        statement_id: 's1',
        status: { state: 'SUCCEEDED' },
        manifest: MANIFEST,
        result: { data_array: [['BTCUSDT', '1']], next_chunk_index: 1 },
      },
      { data_array: [['ETHUSDT', null]] },
    ];
    const server = await httpServer((request, response, number) =>
      reply(200, JSON.stringify(answers[number - 1]))(request, response, number),
    );
    const { columns, rows } = await apiOf(server.url).run('SELECT 1', NEVER);
    expect({ columns, rows }).toEqual({
      columns: ['symbol', 'rows'],
      rows: [
        ['BTCUSDT', '1'],
        ['ETHUSDT', null],
      ],
    });
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/2.0/sql/statements',
      'GET /api/2.0/sql/statements/s1',
      'GET /api/2.0/sql/statements/s1',
      'GET /api/2.0/sql/statements/s1/result/chunks/1',
    ]);
    expect(server.requests[0]?.headers.authorization).toBe('Bearer dapi-secret');
  });

  it('says what the warehouse says of a statement that failed, and never the token', async () => {
    const error = { error_code: 'BAD_REQUEST', message: '[TABLE_OR_VIEW_NOT_FOUND] no such table' };
    const server = await httpServer(
      reply(200, JSON.stringify({ statement_id: 's1', status: { state: 'FAILED', error } })),
    );
    const refused = await apiOf(server.url)
      .run('SELECT * FROM x', NEVER)
      .catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({
      code: 'DATABRICKS_FAILED',
      message: 'Databricks: the statement is FAILED: BAD_REQUEST [TABLE_OR_VIEW_NOT_FOUND] no such table',
    });
    expect(JSON.stringify(refused)).not.toContain('dapi-secret');
  });

  it('names a refused token, and an address that nobody answers on', async () => {
    const server = await httpServer(reply(403, '{"error_code":"PERMISSION_DENIED"}'));
    await expect(apiOf(server.url).run('SELECT 1', NEVER)).rejects.toThrow(
      '403: {"error_code":"PERMISSION_DENIED"}',
    );
    await expect(apiOf('http://127.0.0.1:9').run('SELECT 1', NEVER)).rejects.toMatchObject({
      code: 'DATABRICKS_FAILED',
    });
  });

  it.each([
    ['DATABRICKS_SERVER_HOSTNAME', { host: '' }],
    ['DATABRICKS_HTTP_PATH', { httpPath: '/sql' }],
    ['DATABRICKS_ACCESS_TOKEN', { token: undefined }],
  ])('asks for %s', (name, wrong) => {
    const right = { host: 'dbc-1.cloud.databricks.com', httpPath: '/sql/1.0/warehouses/a', token: 't' };
    expect(() => new StatementApi({ ...right, ...wrong })).toThrow(name);
  });
});
