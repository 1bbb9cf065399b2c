/**
 * Skips the files of a table that cannot hold a row a query asks for: by partition values, then by statistics.
 * Source: Delta protocol, "Per-file Statistics". Statistics are parsed only for files that the partition left over.
 */

import { partitionValueOf } from '../../delta/format/partition-value.ts';
import type { DataType } from '../../delta/format/schema.ts';
import { type FileStats, readStats } from '../../delta/format/stats.ts';
import type { AddFile } from '../../delta/log/actions.ts';
import type { Snapshot } from '../../delta/log/snapshot.ts';
import { nameInLog } from '../scan/table-columns.ts';
import { type Bounds, type Comparable, mayMatch, type Predicate } from './predicate.ts';

/** Other writers cut long maxima, some of them to what is no bound at all: from here on they are not relied on. */
const LONGEST_BOUND = 32;
/** Writers floor timestamps in statistics to milliseconds. */
const FLOORED_US = 999n;

/** @returns the files that may hold rows for the predicate; those without statistics always do. */
export function skipFiles(
  { schema, metadata, partitionColumns }: Pick<Snapshot, 'schema' | 'metadata' | 'partitionColumns'>,
  files: readonly AddFile[],
  predicate: Predicate,
): readonly AddFile[] {
  if (predicate.kind === 'unknown') return files;
  const columns = new Map<string, Column>();
  for (const field of schema.fields) {
    const { name, type } = field;
    const physical = nameInLog(field, { metadata });
    columns.set(name.toLowerCase(), { physical, type, isPartition: partitionColumns.includes(name) });
  }
  const boundsOf = (add: AddFile, withStats: boolean) => {
    let stats: FileStats | undefined;
    return (name: string): Bounds => {
      const column = columns.get(name);
      if (column === undefined) return {};
      if (column.isPartition) return partitionBounds(column, partitionValueOf(add, column.physical));
      if (!withStats) return {};
      stats ??= readStats(add);
      return statsBounds(column, stats);
    };
  };
  return files
    .filter((add) => mayMatch(predicate, boundsOf(add, false)))
    .filter((add) => mayMatch(predicate, boundsOf(add, true)));
}

interface Column {
  readonly physical: string;
  readonly type: DataType;
  readonly isPartition: boolean;
}

function partitionBounds({ type }: Column, value: string | null): Bounds {
  if (value === null) return { isAllNull: true };
  const exact = comparable(type, value);
  return { min: exact, max: exact, hasNoNull: true };
}

function statsBounds(
  { physical, type }: Column,
  { numRecords, minValues, maxValues, nullCount }: FileStats,
): Bounds {
  const nulls = nullCount[physical];
  return {
    min: comparable(type, minValues[physical]),
    max: upperBound(type, maxValues[physical]),
    isAllNull: typeof nulls === 'number' && nulls === numRecords,
    hasNoNull: nulls === 0,
  };
}

function upperBound(type: DataType, bound: unknown): Comparable | undefined {
  const value = comparable(type, bound);
  if (typeof value === 'string') return value.length >= LONGEST_BOUND ? undefined : value;
  return type === 'timestamp' && value !== undefined ? value + FLOORED_US : value;
}

/** A value of the log in the order of its column; undefined when it is not understood. */
function comparable(type: DataType, value: unknown): Comparable | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? daysOf(value) : undefined;
    case 'timestamp':
      return typeof value === 'string' ? microsOf(value) : undefined;
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return typeof value !== 'object' && /^-?\d{1,19}$/.test(String(value))
        ? BigInt(String(value))
        : undefined;
    default:
      return undefined;
  }
}

function daysOf(date: string): bigint | undefined {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(ms) ? undefined : BigInt(ms / 86_400_000);
}

/** `2026-11-21T12:00:00.123456Z`, also with a space, an offset, or without a zone (then it is UTC). */
function microsOf(text: string): bigint | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(Z|[+-]\d{2}:\d{2})?$/.exec(text);
  const ms = parts ? Date.parse(`${parts[1]}T${parts[2]}${parts[4] ?? 'Z'}`) : Number.NaN;
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * 1000n + BigInt((parts?.[3] ?? '').padEnd(6, '0'));
}
