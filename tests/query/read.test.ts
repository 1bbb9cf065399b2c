import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession } from '../../src/query/session/open-session.ts';
import { checkedStatement } from '../../src/query/session/sql-guard.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import { runInProcess } from '../support/in-process.ts';
import { exchangeAt, query, run, temporaryFolder } from '../support/program.ts';

let lake: string;

beforeAll(async () => {
  lake = await mkdtemp(join(tmpdir(), 'crypto-lake-read-'));
  const simulator = await startSimulator({ market: 'none' });
  for (let i = 0; i < 2; i++) await run(['once', '--lake', lake], { env: exchangeAt(simulator) });
  await simulator.close();
}, 30_000);

afterAll(() => rm(lake, { recursive: true, force: true }));

const SQL =
  "SELECT 9007199254740993 AS big, 1.5 AS x, 'a|b,\"c\"\n牛' AS t, TIMESTAMPTZ '2026-11-21 12:00:00.123456Z' AS at, NULL AS n, 'NaN'::DOUBLE AS nan, DATE '2026-11-21' AS d";

describe('read --sql writes', () => {
  it('NDJSON into a pipe, with exact integers and microseconds', async () => {
    const [row] = await query(lake, SQL);
    expect(row).toEqual({
      big: '9007199254740993',
      x: '1.5',
      t: 'a|b,"c"\n牛',
      at: '2026-11-21T12:00:00.123456Z',
      n: null,
      nan: 'NaN',
      d: '2026-11-21',
    });
  });

  it('JSON, CSV and Markdown that say the same', async () => {
    const json = await run(['read', '--lake', lake, '--sql', SQL, '--json']);
    expect(JSON.parse(json.stdout)).toHaveLength(1);
    const csv = await run(['read', '--lake', lake, '--sql', SQL, '--format', 'csv']);
    expect(csv.stdout).toBe(
      'big,x,t,at,n,nan,d\n9007199254740993,1.5,"a|b,""c""\n牛",2026-11-21T12:00:00.123456Z,,NaN,2026-11-21\n',
    );
    const markdown = await run(['read', '--lake', lake, '--sql', SQL, '--format', 'markdown']);
    expect(markdown.stdout.split('\n')[2]).toContain('a\\|b,"c" 牛');
  });

  it('a table whose wide characters align and whose control characters are visible', async () => {
    const sql = "SELECT * FROM (VALUES ('币安人生USDT', 1), ('A', 22), (chr(27) || '[2J', 3)) t(symbol, n)";
    const { stdout } = await run(['read', '--lake', lake, '--sql', sql, '--format', 'table']);
    expect(stdout).toBe(
      'symbol        n\n────────────  ──\n币安人生USDT   1\nA             22\n\\u001b[2J      3\n',
    );
  });

  it('Arrow that an Arrow reader reads, into a file by its ending', async () => {
    const file = join(await temporaryFolder(), 'out.arrow');
    const done = await run([
      'read',
      '--lake',
      lake,
      '--sql',
      'SELECT symbol, last_price, trade_count, collected_at, date FROM prices ORDER BY 1',
      '-o',
      file,
    ]);
    expect(done).toMatchObject({ code: 0, stdout: '' });
    const table = tableFromIPC(await readFile(file));
    const [first] = await query(lake, 'SELECT count(*) AS n FROM prices');
    expect(table.numRows).toBe(Number(first?.n));
    expect(table.schema.fields.map(({ type }) => String(type))).toEqual([
      'Utf8',
      'Float64',
      'Int64',
      'Timestamp<MICROSECOND, UTC>',
      'Date32<DAY>',
    ]);
  });

  it('Parquet, which can be mounted as a file of another table is', async () => {
    const file = join(await temporaryFolder(), 'out.parquet');
    expect((await run(['read', '--lake', lake, '--sql', 'SELECT * FROM prices;', '-o', file])).code).toBe(0);
    expect((await readFile(file)).subarray(0, 4).toString()).toBe('PAR1');
  });

  it('of SQL that a pipe brings, and the overview where none comes', async () => {
    const piped = await run(['read', '--lake', lake], { stdin: 'SELECT 6 * 7 AS answer\n' });
    expect(piped).toMatchObject({ code: 0, stdout: '{"answer":42}\n' });
    const overview = await run(['read', '--lake', lake], { stdin: '\n' });
    expect(overview.stdout).toContain('What is stored');
  });

  it.each(['csv', 'arrow', 'parquet'])(
    'nothing into a file when the query fails on its way: %s',
    async (ending) => {
      const folder = await temporaryFolder();
      const file = join(folder, `out.${ending}`);
      await writeFile(file, 'what was there');
      const sql = "SELECT CASE WHEN range > 90000 THEN error('late') ELSE range END AS n FROM range(100000)";
      const done = await run(['read', '--lake', lake, '--sql', sql, '-o', file]);
      expect(done).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: .*late.*\nhint: .*\n$/) });
      expect(await readdir(folder)).toEqual([`out.${ending}`]);
      expect(await readFile(file, 'utf8')).toBe('what was there');
    },
  );

  it('both of two columns of one name', async () => {
    expect(await query(lake, 'SELECT 1 AS a, 2 AS a')).toEqual([{ a: 1, a_1: 2 }]);
  });

  it('all of a long result to a slow reader before it ends, in text and in bytes', async () => {
    const program = join(process.cwd(), 'bin/crypto-lake.js');
    const read = `node ${program} read --lake ${lake} --sql "SELECT range AS i FROM range(200000)"`;
    const slowly = 'dd bs=256 status=none';
    const lines = execFileSync('bash', ['-c', `${read} --format csv | ${slowly} | wc -l -c`]);
    expect(lines.toString().trim().split(/ +/)).toEqual(['200001', '1288892']);
    const arrow = execFileSync('bash', ['-c', `${read} --format arrow | ${slowly}`], { maxBuffer: 2 ** 26 });
    expect(arrow.length).toBeGreaterThan(1_500_000);
    expect(tableFromIPC(arrow).numRows).toBe(200_000);
  });

  it.each(['read --sql "FROM range(1000000)"', 'read', 'tables', 'config', '--help'])(
    'nothing amiss when the reader of `%s` goes away',
    async (command) => {
      const program = join(process.cwd(), 'bin/crypto-lake.js');
      const script = `node ${program} ${command} 2>&1 >&3 | cat; echo "\${PIPESTATUS[0]}"`;
      const text = execFileSync('bash', ['-c', `exec 3> >(head -c 1 > /dev/null); ${script}`], {
        env: { ...process.env, CRYPTO_LAKE_DIR: lake },
      });
      expect(text.toString()).toBe('0\n');
    },
  );
});

describe('read sees', () => {
  it('an empty lake as empty tables', async () => {
    const empty = await temporaryFolder();
    expect(await query(empty, 'SELECT count(*) AS n FROM liquidation')).toEqual([{ n: 0 }]);
    expect(await query(empty, 'SELECT * FROM coverage_gaps')).toEqual([]);
  });

  it('the past by version and by time', async () => {
    const count = async (asOf: string) => {
      const done = await run([
        'read',
        '--lake',
        lake,
        '--as-of',
        asOf,
        '--sql',
        'SELECT count(*) AS n FROM prices',
      ]);
      return done.code === 0 ? JSON.parse(done.stdout).n : done.stderr;
    };
    const now = await count('2099-01-01');
    expect(await count('0')).toBe(0);
    expect((await count('1')) * 2).toBe(now);
    expect(await count('2000-01-01')).toMatch(/no version at 2000-01-01.*VERSION_NOT_FOUND/);
    expect(await count('912')).toMatch(/has no version 912; the newest is/);
  });

  it('only the files of the days that a query asks for', async () => {
    const { stderr } = await run([
      'read',
      '-v',
      '--lake',
      lake,
      '--sql',
      "SELECT * FROM prices WHERE date = '2020-01-01'",
    ]);
    expect(stderr).toMatch(/prices: version \d+, 2 files, 0 to read/);
  });

  it('any other Delta table of the disk under a name of its own', async () => {
    const folder = await temporaryFolder();
    await cp(join(lake, 'prices'), join(folder, 'p'), { recursive: true });
    const done = await run([
      'read',
      '--lake',
      await temporaryFolder(),
      '--table',
      `mine=${join(folder, 'p')}`,
      '--sql',
      'SELECT count(*) > 0 AS some FROM mine',
    ]);
    expect(JSON.parse(done.stdout)).toEqual({ some: true });
  });

  it('SQL from a file and from stdin', async () => {
    const file = join(await temporaryFolder(), 'q.sql');
    await writeFile(file, 'SELECT 1 AS one -- a comment\n;');
    expect((await run(['read', '--lake', lake, '-f', file])).stdout).toBe('{"one":1}\n');
    expect((await run(['read', '--lake', lake, '--sql', '-'], { stdin: 'SELECT 2 AS two' })).stdout).toBe(
      '{"two":2}\n',
    );
  });

  it('an overview with every analysis, and each by its name', async () => {
    const done = await run(['read', '--lake', lake, '--format', 'table']);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/What is stored[\s\S]*prices[\s\S]*movers/);
    const names = (await run(['read', '--list'])).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).name);
    for (const name of names)
      expect((await runInProcess(lake, ['read', name, '--since', '2h'])).error, name).toBeUndefined();
  });
});

describe('read cannot', () => {
  it.each([
    ["SELECT * FROM read_text('_spool/once/identity.json')"],
    ["SELECT * FROM read_csv('/etc/passwd')"],
    ["SELECT * FROM '/etc/passwd'"],
    ["SELECT * FROM glob('/etc/*')"],
    ["SELECT * FROM read_parquet('https://example.com/x.parquet')"],
    ["EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x.csv'"],
    ['EXPLAIN (ANALYZE) SELECT 1'],
    ['WITH x AS (SELECT 1) INSERT INTO prices SELECT * FROM x'],
    ['CREATE TABLE x AS SELECT 1'],
    ['SET enable_external_access = true'],
    ['PRAGMA database_list'],
    ["/* c */ COPY (SELECT 1) TO 'x.csv'"],
  ])('run %s', async (sql) => {
    const done = await run(['read', '--lake', lake, '--sql', sql]);
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(/^error: .*\[SQL_(FORBIDDEN|INVALID)\]\nhint: /);
  });

  it('run a PIVOT that looks for its columns, and says how to write it', async () => {
    const pivot = 'PIVOT prices ON symbol USING first(last_price)';
    for (const sql of [pivot, `WITH p AS (${pivot}) FROM p;`]) {
      const { stderr } = await run(['read', '--lake', lake, '--sql', sql]);
      expect(stderr).toMatch(/^error: this PIVOT .*\[SQL_FORBIDDEN\]\nhint: name them: `PIVOT .* IN /);
    }
  });

  it('write logs or profiles into a table, or run SQL that it does not show', async () => {
    const log = `enable_logging(level='trace', storage='file', storage_path='${lake}/prices/_delta_log/x')`;
    const session = await openSession({ lake, memoryBytes: 2 ** 28 });
    try {
      for (const sql of [
        `SELECT * FROM ${log}`,
        `SELECT * FROM ${log}, prices`,
        `WITH a AS (SELECT * FROM "ENABLE_LOGGING"(storage='stdout')) SELECT * FROM a`,
        `SELECT (SELECT count(*) FROM ${log})`,
        `EXPLAIN ANALYZE SELECT * FROM ${log}`,
        `DESCRIBE SELECT * FROM ${log}`,
        `SUMMARIZE SELECT * FROM ${log}`,
        `FROM ${log}`,
        `SELECT 1e400 FROM ${log}`,
        `PIVOT (SELECT * FROM ${log}) ON 1 IN (1) USING count(*)`,
        "SELECT write_log('x')",
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
        "SELECT * FROM query('SELECT ' || '1')",
        "SELECT * FROM enable_profiling(save_location='x')",
      ])
        await expect(checkedStatement(session.connection, sql), sql).rejects.toMatchObject({
          code: expect.stringMatching(/^SQL_/),
        });
      await expect(
        checkedStatement(session.connection, 'SELECT 1e400, query FROM (SELECT 1 AS query)'),
      ).resolves.toBeDefined();
    } finally {
      await session.close();
    }
    await expect(readdir(join(lake, 'prices', '_delta_log', 'x'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('read files of the spool through a path that climbs out of a table', async () => {
    const sql = `SELECT * FROM read_text('${join(lake, 'prices', '..', '_spool', 'once', 'identity.json')}')`;
    expect((await run(['read', '--lake', lake, '--sql', sql])).stderr).toMatch(/SQL_FORBIDDEN/);
  });
});
