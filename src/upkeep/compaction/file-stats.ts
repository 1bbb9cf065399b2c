/**
 * Statistics of a written file, from what its writer counted while writing. Source: Delta protocol, "Per-file Statistics".
 */

import { quotedIdentifier } from '@duckdb/node-api';
import type { DataType, StructField } from '../../delta/format/schema.ts';
import { lowerBound, upperBound } from '../../delta/format/stats-strings.ts';
import { stringifyJson } from '../../delta/log/json.ts';
import { ROW_GROUP_ROWS, type WrittenFile } from './copy-stats.ts';

interface Stats {
  readonly minValues: Record<string, unknown>;
  readonly maxValues: Record<string, unknown>;
  readonly nullCount: Record<string, unknown>;
}

/** @returns the JSON text for `add.stats`. @param fields the columns that the table wants statistics of. */
export function fileStats(
  file: Pick<WrittenFile, 'rows' | 'columns'>,
  fields: readonly StructField[],
): string {
  const stats = statsOf(file, fields, '');
  return stringifyJson({ numRecords: Number(file.rows), ...stats });
}

/** Of lists and maps nothing is said, of structs what is said of the fields in them. */
function statsOf(
  file: Pick<WrittenFile, 'rows' | 'columns'>,
  fields: readonly StructField[],
  parent: string,
): Stats {
  const stats: Stats = { minValues: {}, maxValues: {}, nullCount: {} };
  for (const { name, type } of fields) {
    const key = parent + quotedIdentifier(name);
    if (typeof type !== 'string' && type.type === 'struct') {
      const inner = statsOf(file, type.fields, `${key}.`);
      for (const part of ['minValues', 'maxValues', 'nullCount'] as const)
        if (Object.keys(inner[part]).length > 0) stats[part][name] = inner[part];
      continue;
    }
    const column = file.columns.get(key);
    if (column === undefined) continue;
    stats.nullCount[name] = Number(column.null_count);
    // Not a number is neither the least nor the greatest to JSON: a column that holds one has no bounds. DuckDB tells of
    // the last row group alone.
    if (column.has_nan === 'true' || (column.has_nan !== undefined && file.rows > ROW_GROUP_ROWS)) continue;
    const min = column.min === undefined ? undefined : boundOf(column.min, type, 'min');
    const max = column.max === undefined ? undefined : boundOf(column.max, type, 'max');
    if (min !== undefined) stats.minValues[name] = min;
    if (max !== undefined) stats.maxValues[name] = max;
  }
  return stats;
}

/** @returns undefined where JSON or JavaScript cannot write the bound: a rounded one would hide rows. */
function boundOf(text: string, type: DataType, side: 'min' | 'max'): unknown {
  switch (type) {
    case 'string':
      // A text that the writer cut, it cut far behind what is kept here.
      return side === 'min' ? lowerBound(text) : upperBound(text);
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined;
    case 'timestamp':
      return millisecondBound(text, side);
    case 'long':
      return BigInt(text);
    case 'integer':
    case 'short':
    case 'byte':
      return Number(text);
    case 'float':
    case 'double':
      return Number.isFinite(Number(text)) ? Number(text) : undefined;
    default:
      return String(type).startsWith('decimal') ? exactOrNothing(text) : undefined;
  }
}

/** Bounds are in milliseconds: the minimum floored, the maximum rounded up. */
function millisecondBound(text: string, side: 'min' | 'max'): string | undefined {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,3})(\d*))?\+00$/.exec(text);
  if (parts === null) return undefined;
  const [, day, time, milliseconds = '', rest = ''] = parts;
  const floorMs = Date.parse(`${day}T${time}.${milliseconds.padEnd(3, '0')}Z`);
  const bound = new Date(side === 'max' && /[1-9]/.test(rest) ? floorMs + 1 : floorMs).toISOString();
  // The millisecond after the last one of the year 9999 has a fifth digit.
  return /^\d/.test(bound) ? bound : undefined;
}

function exactOrNothing(text: string): number | undefined {
  const plain = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return String(Number(plain)) === plain ? Number(plain) : undefined;
}
