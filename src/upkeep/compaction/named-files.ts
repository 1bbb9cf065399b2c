/** Proof that DuckDB reads the files that were named, each once, and nothing beside them. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { LakeError } from '../../base/errors.ts';
import { parquetList } from '../../parquet/parquet-list.ts';

/**
 * @returns how many rows the files have, by their footers.
 * @throws LakeError UPKEEP_MISMATCH when others are found under these names.
 */
export async function rowsOfNamedFiles(
  connection: DuckDBConnection,
  paths: readonly string[],
): Promise<bigint> {
  const result = await connection.runAndReadAll(
    `SELECT file_name, num_rows::VARCHAR FROM parquet_file_metadata(${parquetList(paths)})`,
  );
  const found = result.getRows().map(([path]) => String(path));
  if (found.length !== paths.length || new Set([...found, ...paths]).size !== paths.length)
    throw otherFiles(`${found.length} files instead of ${paths.length}`);
  return result.getRows().reduce((sum, [, rows]) => sum + BigInt(String(rows)), 0n);
}

export function otherFiles(what: string): LakeError {
  return new LakeError('UPKEEP_MISMATCH', `compaction would have read other files than were named: ${what}`, {
    hint: 'nothing was committed and nothing is lost; please report this',
  });
}
