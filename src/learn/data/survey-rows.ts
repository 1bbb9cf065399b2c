/** What there is before it is read: how many rows, from when to when, and which features are mostly NULL. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { RowQuery, RowRequest } from './row-query.ts';

export interface Survey {
  readonly rows: number;
  /** Microseconds since the epoch; 0 without rows. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** Features that enough rows have. */
  readonly features: readonly string[];
  readonly missing: readonly string[];
  /** Which formulas made the features; several where they were changed meanwhile, none where they never are. */
  readonly definitions: readonly string[];
}

/** A feature that fewer rows have would cost more rows than it is worth: each row needs all of its features. */
const LEAST_SHARE = 0.9;

export async function surveyRows(
  connection: DuckDBConnection,
  query: RowQuery,
  request: RowRequest,
): Promise<Survey> {
  const reader = await connection.runAndReadAll(query.surveySql(request));
  const [rows = 0, firstUs = 0, lastUs = 0, ...counts] = (reader.getRows()[0] ?? []).map((value) =>
    Number(value ?? 0),
  );
  const definitionSql = query.definitionSql?.(request);
  const definitions =
    definitionSql === undefined ? [] : (await connection.runAndReadAll(definitionSql)).getRows().flat();
  const isThere = (index: number) => (counts[index] ?? 0) >= LEAST_SHARE * rows && rows > 0;
  return {
    rows,
    firstUs,
    lastUs,
    features: request.features.filter((_, index) => isThere(index)),
    missing: request.features.filter((_, index) => !isThere(index)),
    definitions: definitions.map(String),
  };
}
