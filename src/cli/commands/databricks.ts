/** `crypto-lake databricks`: check the connection, register the tables of a lake on S3, and query. */
import { LakeError } from '../../base/errors.ts';
import { isObjectStore, joinLocation } from '../../base/location.ts';
import { listTables } from '../../lake/lake-catalog.ts';
import { StatementApi } from '../../learn/databricks/statement-api.ts';
import type { Command } from '../context.ts';
import { printRows } from '../print-rows.ts';

export const databricks: Command = async ({ config, io, signal }, flags, [action, sql]) => {
  const api = new StatementApi({
    host: config.databricksHost,
    httpPath: config.databricksHttpPath,
    token: config.databricksToken,
  });
  try {
    if (action === 'register') {
      const schema = String(flags.schema);
      for (const statement of await registration(config.lake, schema)) await api.run(statement, signal);
      io.say(`the tables of ${config.lake} are in \`${schema}\``);
      return;
    }
    if (action === 'query' && sql === undefined) {
      throw new LakeError('USAGE', 'the SQL is missing', {
        hint: '`crypto-lake databricks query "SELECT 1"`',
      });
    }
    const { columns, rows } = await api.run(
      action === 'check'
        ? 'SELECT current_user() AS user, current_version().dbsql_version AS version'
        : String(sql),
      signal,
    );
    const kinds = Object.fromEntries(columns.map((name) => [name, 'text' as const]));
    const objects = rows.map((row) =>
      Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])),
    );
    await printRows(io, flags, kinds, objects);
  } finally {
    await api.close();
  }
};

/** External tables: Databricks reads and writes the files where they lie. */
async function registration(lake: string, schema: string): Promise<string[]> {
  if (!isObjectStore(lake)) {
    throw new LakeError('USAGE', `Databricks cannot reach the lake \`${lake}\` on this machine`, {
      hint: 'only a lake on S3 can be registered: `--lake s3://BUCKET/PREFIX`',
    });
  }
  const name = schema.split('.').map(quoted).join('.');
  const tables = await listTables(lake, []);
  return [
    `CREATE SCHEMA IF NOT EXISTS ${name}`,
    ...tables.map(
      (table) =>
        `CREATE TABLE IF NOT EXISTS ${name}.${quoted(table)} USING DELTA LOCATION '${joinLocation(lake, table).replace(/['\\]/g, '\\$&')}'`,
    ),
  ];
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
