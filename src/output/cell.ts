/**
 * One value of a result as JSON: exact. Integers beyond 2^53 and decimals are strings, times are ISO-8601 in UTC with
 * microseconds, NaN and infinities (which JSON does not have) are strings.
 */
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { JsonValue } from './json-value.ts';

export function toJson(value: DuckDBValue): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return isSafe(value) ? Number(value) : value.toString();
  if (value instanceof DuckDBTimestampTZValue) return isoMicros(value.micros, 'Z');
  if (value instanceof DuckDBTimestampValue) return isoMicros(value.micros, '');
  if (value instanceof DuckDBDateValue) return value.toString();
  if (value instanceof DuckDBDecimalValue) return value.toString();
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('base64');
  if (value instanceof DuckDBListValue) return value.items.map(toJson);
  if (value instanceof DuckDBStructValue) return mapValues(value.entries);
  if (value instanceof DuckDBMapValue)
    return value.entries.map(({ key, value: item }) => ({ key: toJson(key), value: toJson(item) }));
  return String(value);
}

function mapValues(entries: Readonly<Record<string, DuckDBValue>>): JsonValue {
  return Object.fromEntries(Object.entries(entries).map(([key, item]) => [key, toJson(item)]));
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

/** Microseconds since the epoch; DuckDB's own text for what JavaScript's dates do not reach, and for ±infinity. */
function isoMicros(micros: bigint, zone: string): string {
  const seconds = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  if (seconds > 253_402_300_799n || seconds < -62_135_596_800n) return `${new DuckDBTimestampValue(micros)}`;
  const fraction = String(micros - seconds * 1_000_000n).padStart(6, '0');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction}${zone}`;
}
