import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpServer } from '../support/http-server.ts';
import { LAKE, place } from '../support/lake-on-s3.ts';
import { run, start, temporaryFolder } from '../support/program.ts';
import { smallLake } from '../support/small-lake.ts';

interface Documented {
  readonly status?: number;
  readonly body: object;
}

const SUCCEEDED = { statement_id: 's-1', status: { state: 'SUCCEEDED' } };
const MANIFEST = { schema: { columns: [{ name: 'symbol' }, { name: 'orders' }] } };

/** Answers as documented, one after the other; the last one again and again. It keeps what it was asked. */
async function warehouse(...answers: Documented[]) {
  const asked: { call: string; statement?: string }[] = [];
  const server = await httpServer((request, response, number) => {
    void textOf(request).then((text) => {
      const { statement } = JSON.parse(text || '{}') as { statement?: string };
      asked.push({
        call: `${request.method} ${request.url?.replace('/api/2.0/sql/statements', '')}`,
        ...(statement && { statement }),
      });
      const { status = 200, body } = answers[Math.min(number, answers.length) - 1] as Documented;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  const env = {
    DATABRICKS_SERVER_HOSTNAME: server.url,
    DATABRICKS_HTTP_PATH: '/sql/1.0/warehouses/abc123',
    DATABRICKS_ACCESS_TOKEN: 'dapi-secret',
  };
  return { env, asked };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

describe('databricks', () => {
  it('checks the connection by asking who it is', async () => {
    const result = { data_array: [['ada@example.com', '2026.35']] };
    const manifest = { schema: { columns: [{ name: 'user' }, { name: 'version' }] } };
    const { env, asked } = await warehouse({ body: { ...SUCCEEDED, manifest, result } });
    const { code, stdout } = await run(['databricks', 'check', '--json'], { env });
    expect([code, JSON.parse(stdout)]).toEqual([0, [{ user: 'ada@example.com', version: '2026.35' }]]);
    expect(asked[0]?.statement).toContain('current_user()');
  });

  it('queries: waits for the statement, and prints all chunks of its result', async () => {
    const { env, asked } = await warehouse(
      { body: { statement_id: 's-1', status: { state: 'PENDING' } } },
      {
        body: {
          ...SUCCEEDED,
          manifest: MANIFEST,
          result: { data_array: [['BTCUSDT', '1']], next_chunk_index: 1 },
        },
      },
      { body: { data_array: [['ETHUSDT', null]], next_chunk_index: 2 } },
      { body: { data_array: [['\u001b[31mXRP', '3']] } },
    );
    const sql = 'SELECT symbol, count(*) AS orders FROM crypto_lake.liquidation GROUP BY 1';
    const { code, stdout } = await run(['databricks', 'query', sql, '--format', 'csv'], { env });
    expect([code, stdout]).toEqual([0, 'symbol,orders\nBTCUSDT,1\nETHUSDT,\n\u001b[31mXRP,3\n']);
    expect(asked.map(({ call }) => call)).toEqual([
      'POST ',
      'GET /s-1',
      'GET /s-1/result/chunks/1',
      'GET /s-1/result/chunks/2',
    ]);
    expect(asked[0]?.statement).toBe(sql);
  });

  it.each<[string, Documented, RegExp]>([
    [
      'a statement that failed',
      {
        body: {
          statement_id: 's-1',
          status: {
            state: 'FAILED',
            error: { error_code: 'BAD_REQUEST', message: '[TABLE_OR_VIEW_NOT_FOUND]' },
          },
        },
      },
      /the statement is FAILED: BAD_REQUEST \[TABLE_OR_VIEW_NOT_FOUND\]/,
    ],
    [
      'one that somebody cancelled',
      { body: { statement_id: 's-1', status: { state: 'CANCELED' } } },
      /CANCELED/,
    ],
    [
      'one whose result is gone',
      { body: { statement_id: 's-1', status: { state: 'CLOSED' } } },
      /the statement is CLOSED/,
    ],
    [
      'a refused token',
      { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'Invalid access token.' } },
      /403: .*Invalid access token/,
    ],
    [
      'a full warehouse',
      { status: 429, body: { error_code: 'RESOURCE_EXHAUSTED', message: 'slow down' } },
      /429/,
    ],
  ])(
    'says of %s what the warehouse says, with exit code 4 and without the token',
    async (_, answer, message) => {
      const { env } = await warehouse(answer);
      const { code, stdout, stderr } = await run(['databricks', 'query', 'SELECT 1'], { env });
      expect([code, stdout]).toEqual([4, '']);
      expect(stderr).toMatch(message);
      expect(stderr).toContain('hint: ');
      expect(stderr).not.toMatch(/dapi-secret| at .*\.js/);
    },
  );

  it('cancels a statement that is still running when it is stopped', async () => {
    const { env, asked } = await warehouse({ body: { statement_id: 's-1', status: { state: 'RUNNING' } } });
    const program = start(['databricks', 'query', 'SELECT 1'], { env });
    while (asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    program.kill('SIGINT');
    expect((await program.finished).code).toBe(130);
    expect(asked.at(-1)?.call).toBe('POST /s-1/cancel');
  });

  it('registers each table of a lake on S3 where it lies', async () => {
    const { env, folder } = await place();
    await smallLake(join(folder, 'local'));
    expect((await run(['copy', '--from', join(folder, 'local'), '--to', LAKE], { env })).code).toBe(0);
    const server = await warehouse({ body: SUCCEEDED });
    const { code, stderr } = await run(['databricks', 'register', '--schema', 'main.odd`name'], {
      env: { ...env, ...server.env },
    });
    expect([code, stderr]).toEqual([0, `the tables of ${LAKE} are in \`main.odd\`name\`\n`]);
    const statements = server.asked.map(({ statement }) => statement);
    expect(statements[0]).toBe('CREATE SCHEMA IF NOT EXISTS `main`.`odd``name`');
    expect(statements).toContain(
      `CREATE TABLE IF NOT EXISTS \`main\`.\`odd\`\`name\`.\`prices\` USING DELTA LOCATION '${LAKE}/prices'`,
    );
  }, 30_000);

  it('registers no lake that a warehouse cannot reach, and asks for what is missing', async () => {
    const { env, asked } = await warehouse({ body: SUCCEEDED });
    const lake = await temporaryFolder();
    const local = await run(['databricks', 'register', '--lake', lake], { env });
    expect([local.code, local.stderr]).toEqual([2, expect.stringContaining('only a lake on S3')]);
    const unset = await run(['databricks', 'check'], { env: { ...env, DATABRICKS_HTTP_PATH: '' } });
    expect([unset.code, unset.stderr]).toEqual([2, expect.stringContaining('DATABRICKS_HTTP_PATH')]);
    const noSql = await run(['databricks', 'query'], { env });
    expect([noSql.code, noSql.stderr]).toEqual([2, expect.stringContaining('the SQL is missing')]);
    expect(asked).toEqual([]);
  });
});
