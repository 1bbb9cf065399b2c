/** Numbers and times as people read them. */
import { preferences } from './preferences.ts';

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });
const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 8 });

export function compactNumber(value: unknown): string {
  return typeof value === 'number' ? compact.format(value) : '–';
}

export function exactNumber(value: unknown): string {
  if (typeof value === 'number') return exact.format(value);
  return typeof value === 'bigint' ? exact.format(value) : '–';
}

const FORMATS = {
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  minute: { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  full: {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  },
  day: { month: 'short', day: '2-digit' },
} as const satisfies Readonly<Record<string, Intl.DateTimeFormatOptions>>;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** @param timeMs milliseconds since the epoch. */
export function timeText(timeMs: number, form: keyof typeof FORMATS = 'full'): string {
  if (!Number.isFinite(timeMs)) return '–';
  const key = `${form} ${preferences.zone}`;
  let formatter = formatters.get(key);
  if (formatter === undefined) {
    const zone = preferences.zone === 'utc' ? { timeZone: 'UTC' } : {};
    formatter = new Intl.DateTimeFormat('sv-SE', { ...FORMATS[form], ...zone, hourCycle: 'h23' });
    formatters.set(key, formatter);
  }
  return formatter.format(timeMs);
}

/** How long ago, in one unit. */
export function ageText(ageMs: number): string {
  if (!Number.isFinite(ageMs)) return '–';
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** A time of the API: ISO 8601, or a number of milliseconds. */
export function timeOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? Date.parse(value) : Number.NaN;
}
