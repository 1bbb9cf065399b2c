/**
 * Statistics of a written file, from what its writer counted while writing. Source: Delta protocol, "Per-file Statistics".
 */

import { quotedIdentifier } from '@duckdb/node-api';
import type { StructField } from '../../delta/format/schema.ts';
import { statsText } from '../../delta/format/stats.ts';
import { statsBound } from '../../delta/format/stats-bounds.ts';
import { ROW_GROUP_ROWS } from '../../parquet/row-group-rows.ts';
import type { WrittenFile } from './copy-stats.ts';

interface Stats {
  readonly minValues: Record<string, unknown>;
  readonly maxValues: Record<string, unknown>;
  readonly nullCount: Record<string, unknown>;
}

/** @returns the JSON text for `add.stats`. @param fields the columns that the table wants statistics of. */
export function fileStats(
  file: Pick<WrittenFile, 'rows' | 'columns'>,
  fields: readonly StructField[],
  rowGroupRows = ROW_GROUP_ROWS,
): string {
  const stats = statsOf(file, fields, file.rows > rowGroupRows, '');
  return statsText({ numRecords: Number(file.rows), ...stats });
}

/** Of lists and maps nothing is said, of structs what is said of the fields in them. */
function statsOf(
  file: Pick<WrittenFile, 'rows' | 'columns'>,
  fields: readonly StructField[],
  hasRowGroups: boolean,
  parent: string,
): Stats {
  const stats: Stats = { minValues: {}, maxValues: {}, nullCount: {} };
  for (const { name, type } of fields) {
    const key = parent + quotedIdentifier(name);
    if (typeof type !== 'string' && type.type === 'struct') {
      const inner = statsOf(file, type.fields, hasRowGroups, `${key}.`);
      for (const part of ['minValues', 'maxValues', 'nullCount'] as const)
        if (Object.keys(inner[part]).length > 0) stats[part][name] = inner[part];
      continue;
    }
    const column = file.columns.get(key);
    if (column === undefined) continue;
    stats.nullCount[name] = Number(column.null_count);
    // Not a number is neither the least nor the greatest to JSON: a column that holds one has no bounds. DuckDB tells of
    // the last row group alone.
    if (column.has_nan === 'true' || (column.has_nan !== undefined && hasRowGroups)) continue;
    const min = column.min === undefined ? undefined : statsBound(type, 'min', column.min);
    const max = column.max === undefined ? undefined : statsBound(type, 'max', column.max);
    if (min !== undefined) stats.minValues[name] = min;
    if (max !== undefined) stats.maxValues[name] = max;
  }
  return stats;
}
