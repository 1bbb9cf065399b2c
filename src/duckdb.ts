/**
 * The parts of DuckDB that run here. The build puts its 150 CommonJS files into one, which loads three times as fast;
 * from the sources, the package itself. By `require`: an `import` would have Node search the files for names of exports
 * at every start. Types come from `@duckdb/node-api` itself.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as DuckDb from '@duckdb/node-api';

const BUNDLE = fileURLToPath(new URL('./duckdb-node-api.cjs', import.meta.url));

export const {
  BOOLEAN,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBScalarFunction,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTypeId,
  listValue,
  quotedIdentifier,
  quotedString,
  StatementType,
  UBIGINT,
} = createRequire(import.meta.url)(existsSync(BUNDLE) ? BUNDLE : '@duckdb/node-api') as typeof DuckDb;

export type DuckDBInstance = DuckDb.DuckDBInstance;
export type StatementType = DuckDb.StatementType;
