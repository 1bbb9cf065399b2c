/** Has DuckDB its extension for object stores? A query never fetches it. */
import { isObjectStore } from '../../base/location.ts';
import type { Check } from '../check.ts';

export function httpfs(lake: string, file: string | undefined): Check {
  return {
    name: 'httpfs',
    async run() {
      if (!isObjectStore(lake)) return { status: 'skipped', text: 'only needed for a lake on S3' };
      const { DuckDBInstance } = await import('@duckdb/node-api');
      const { loadHttpfs } = await import('../../query/session/object-store-access.ts');
      const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
      const connection = await instance.connect();
      try {
        if (await loadHttpfs(connection, file))
          return { status: 'ok', text: 'DuckDB reads only the parts of files that a query needs' };
        const version = String((await connection.runAndReadAll('SELECT version()')).getRows()[0]?.[0]);
        return {
          status: 'warn',
          text: 'DuckDB has no `httpfs`: queries fetch whole files into the cache',
          fix: `with DuckDB ${version}: \`duckdb -c 'INSTALL httpfs'\`; or name a file of that version with \`CRYPTO_LAKE_HTTPFS=/path/httpfs.duckdb_extension\` (\`pip download --no-deps duckdb-extension-httpfs==${version.slice(1)}\` has it)`,
        };
      } finally {
        connection.closeSync();
        instance.closeSync();
      }
    },
  };
}
