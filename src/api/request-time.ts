/** Times and versions in a request. */
import { LakeError } from '../base/errors.ts';
import { parseAsOf } from '../base/time-text.ts';
import type { Pin } from '../questions/open-tables.ts';

const EARLIEST_US = Date.UTC(1970, 0, 1) * 1000;
const LATEST_US = Date.UTC(2200, 0, 1) * 1000;

/** ISO 8601 or milliseconds since the epoch. @returns microseconds. @throws LakeError USAGE. */
export function parseTime(name: string, text: string): bigint {
  const us = /^\d{9,16}$/.test(text) ? BigInt(text) * 1000n : isoMicros(text);
  if (us !== undefined && us >= EARLIEST_US && us <= LATEST_US) return us;
  throw new LakeError('USAGE', `\`${name}\` is not a time: \`${text.slice(0, 60)}\``, {
    hint: 'write ISO 8601 (`2026-11-20T12:00:00Z`; UTC where it says nothing) or milliseconds since the epoch',
  });
}

function isoMicros(text: string): bigint | undefined {
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.(\d{1,9}))?)?)?(Z|[+-]\d{2}:?\d{2}| \d{2}:?\d{2})?$/i.exec(
      text.trim(),
    );
  if (!match) return undefined;
  const [, date, time = '00:00', seconds = ':00', fraction = '', zone = 'Z'] = match;
  // A `+` of an address that nobody encoded is a blank.
  const ms = Date.parse(`${date}T${time}${seconds.slice(0, 3)}${zone.replace(' ', '+').toUpperCase()}`);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6) || '0');
}

/** A version, or a time. @throws LakeError USAGE. */
export function parsePin(text: string | undefined): Pin {
  if (text === undefined) return { kind: 'newest' };
  // Longer than any version, and what a time in milliseconds looks like.
  if (/^\d{12,14}$/.test(text)) return { kind: 'time', timeMs: Number(text) };
  const asOf = parseAsOf(text, Date.now());
  return 'version' in asOf
    ? { kind: 'version', version: asOf.version }
    : { kind: 'time', timeMs: asOf.timeMs };
}
