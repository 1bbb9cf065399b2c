/** Values as bounds of file statistics. A wrong bound loses rows in silence, a missing one only costs speed. */
import type { DataType } from './schema.ts';
import { lowerBound, upperBound } from './stats-strings.ts';

export type Side = 'min' | 'max';

/**
 * @param value the least or greatest of a column, as SQL prints it; times also as microseconds since the epoch.
 * @returns undefined where JSON or JavaScript cannot write the bound: a rounded one would hide rows.
 */
export function statsBound(type: DataType, side: Side, value: string | number): unknown {
  switch (type) {
    case 'string':
      return side === 'min' ? lowerBound(String(value)) : upperBound(String(value));
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(String(value)) ? value : undefined;
    case 'timestamp':
      return typeof value === 'number' ? isoMs(rounded(value / 1000, side)) : millisecondBound(value, side);
    case 'long':
      return typeof value === 'number' ? value : BigInt(value);
    case 'integer':
    case 'short':
    case 'byte':
      return Number(value);
    case 'float':
    case 'double':
      // JSON has no NaN and no infinity.
      return Number.isFinite(Number(value)) ? Number(value) : undefined;
    default:
      return String(type).startsWith('decimal') ? exactOrNothing(String(value)) : undefined;
  }
}

/** Bounds are in milliseconds: the minimum floored, the maximum rounded up. */
function rounded(ms: number, side: Side): number {
  return side === 'min' ? Math.floor(ms) : Math.ceil(ms);
}

function isoMs(ms: number): string | undefined {
  const bound = new Date(ms).toISOString();
  // The millisecond after the last one of the year 9999 has a fifth digit.
  return /^\d/.test(bound) ? bound : undefined;
}

function millisecondBound(text: string, side: Side): string | undefined {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,3})(\d*))?\+00$/.exec(text);
  if (parts === null) return undefined;
  const [, day, time, milliseconds = '', rest = ''] = parts;
  const floorMs = Date.parse(`${day}T${time}.${milliseconds.padEnd(3, '0')}Z`);
  return isoMs(side === 'max' && /[1-9]/.test(rest) ? floorMs + 1 : floorMs);
}

function exactOrNothing(text: string): number | undefined {
  const plain = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return String(Number(plain)) === plain ? Number(plain) : undefined;
}
