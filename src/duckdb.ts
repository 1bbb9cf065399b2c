/**
 * The parts of DuckDB that run here, by `require`: an `import` would have Node search its 80 CommonJS files for names of
 * exports at every start, which takes longer than to load them. Types come from `@duckdb/node-api` itself.
 */
import { createRequire } from 'node:module';
import type * as DuckDb from '@duckdb/node-api';

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
} = createRequire(import.meta.url)('@duckdb/node-api') as typeof DuckDb;

export type DuckDBInstance = DuckDb.DuckDBInstance;
export type StatementType = DuckDb.StatementType;
