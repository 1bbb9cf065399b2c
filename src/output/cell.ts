/**
 * One value of a result as JSON: exact. Integers beyond 2^53 and decimals are strings, times are ISO-8601 in UTC with all
 * their digits, NaN and infinities (which JSON does not have) are strings; so are times that ISO-8601 does not reach.
 */
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { JsonValue } from './json-value.ts';

export function toJson(value: DuckDBValue): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return isSafe(value) ? Number(value) : value.toString();
  if (value instanceof DuckDBTimestampTZValue) return timeText(value.micros, 6, 'Z', value);
  if (value instanceof DuckDBTimestampValue) return timeText(value.micros, 6, '', value);
  if (value instanceof DuckDBTimestampSecondsValue) return timeText(value.seconds, 0, '', value);
  if (value instanceof DuckDBTimestampMillisecondsValue) return timeText(value.millis, 3, '', value);
  if (value instanceof DuckDBTimestampNanosecondsValue) return timeText(value.nanos, 9, '', value);
  if (value instanceof DuckDBDateValue) return infinityText(BigInt(value.days), 31n) ?? value.toString();
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

/** @param ticks of which a second has 10^digits; DuckDB's own text for what JavaScript's dates do not reach. */
function timeText(ticks: bigint, digits: number, zone: string, value: DuckDBValue): string {
  const infinity = infinityText(ticks, 63n);
  if (infinity !== undefined) return infinity;
  const perSecond = 10n ** BigInt(digits);
  const seconds = ticks / perSecond - (ticks % perSecond < 0n ? 1n : 0n);
  if (seconds > 253_402_300_799n || seconds < -62_135_596_800n) return String(value);
  const fraction = digits === 0 ? '' : `.${String(ticks - seconds * perSecond).padStart(digits, '0')}`;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction}${zone}`;
}

/** DuckDB keeps the largest number of so many bits, and its negative, for the infinities. */
function infinityText(ticks: bigint, bits: bigint): string | undefined {
  const infinity = 2n ** bits - 1n;
  if (ticks === infinity) return 'infinity';
  return ticks === -infinity ? '-infinity' : undefined;
}
