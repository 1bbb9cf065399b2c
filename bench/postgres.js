/** A PostgreSQL of its own for a peer, with the tables of a lake and the index that its questions want. */
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const PROGRAMS = '/usr/lib/postgresql/15/bin';
const TYPES = {
  DOUBLE: 'double precision',
  BIGINT: 'bigint',
  VARCHAR: 'text',
  DATE: 'date',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
};
const TIMES = { bars_1m: 'open_time', indicators: 'open_time', prices: 'collected_at' };

/** @returns undefined where PostgreSQL 15 is not installed. */
export async function startPostgres(lake, port) {
  if (!existsSync(join(PROGRAMS, 'initdb'))) return undefined;
  // It refuses to run as root, and then needs a folder that its user reaches.
  const folder = mkdtempSync('/tmp/bench-postgres-');
  const isRoot = process.getuid?.() === 0;
  if (isRoot)
    chownSync(folder, ...['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres']))));
  const run = (program, ...args) =>
    isRoot
      ? execFileSync('runuser', ['-u', 'postgres', '--', join(PROGRAMS, program), ...args], {
          cwd: '/tmp',
          stdio: ['ignore', 'ignore', 'inherit'],
        })
      : execFileSync(join(PROGRAMS, program), args, { cwd: '/tmp', stdio: ['ignore', 'ignore', 'inherit'] });
  const data = join(folder, 'data');
  run('initdb', '-D', data, '-A', 'trust', '-U', 'bench');
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c shared_buffers=512MB`;
  run('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', options, 'start');
  const dsn = `postgresql://bench@127.0.0.1:${port}/postgres`;
  const stop = () => {
    run('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await fill(lake, dsn, folder);
  } catch (error) {
    stop();
    throw error;
  }
  return { dsn, stop };
}

async function fill(lake, dsn, folder) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  const exchange = join(folder, 'exchange');
  mkdirSync(exchange);
  for (const [table, time] of Object.entries(TIMES)) {
    const files = `read_parquet('${lake}/${table}/**/*.parquet', hive_partitioning = true)`;
    const described = await (
      await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${files}`)
    ).getRowObjects();
    const columns = described.map(({ column_name: name, column_type: type }) => `"${name}" ${TYPES[type]}`);
    const csv = join(exchange, `${table}.csv`);
    await connection.run(`COPY (SELECT * FROM ${files}) TO '${csv}' (HEADER false)`);
    const sql = `CREATE TABLE ${table} (${columns.join(', ')});
\\copy ${table} FROM '${csv}' (FORMAT csv)
CREATE INDEX ON ${table} (symbol, ${time});
VACUUM ANALYZE ${table};`;
    execFileSync('psql', ['-q', '-v', 'ON_ERROR_STOP=1', dsn], { input: sql });
    rmSync(csv);
  }
  connection.closeSync();
  instance.closeSync();
}
