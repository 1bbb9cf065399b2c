/** Times as people write them: `2h`, `7d`, `2026-11-01`, `2026-11-01T12:00Z`; UTC unless they say otherwise. */
import { parseDuration } from './duration.ts';
import { LakeError } from './errors.ts';

/** @returns milliseconds since the epoch. @throws LakeError USAGE. */
export function parseMoment(text: string, nowMs: number): number {
  const agoMs = parseDuration(text);
  if (agoMs !== undefined) return nowMs - agoMs;
  const iso =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/.exec(
      text.trim(),
    );
  const ms =
    iso && isCalendarDay(iso[1] ?? '')
      ? Date.parse(`${iso[1]}T${iso[2] ?? '00:00'}${iso[3] ?? 'Z'}`)
      : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new LakeError('USAGE', `\`${text.slice(0, 60)}\` is not a time`, {
    hint: 'write `2h` or `7d` for how long ago, or `2026-11-01T12:00Z`',
  });
}

/** `2026-11-20`, where there is such a day: JavaScript takes the 31st of February for the 3rd of March. */
export function isCalendarDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** A version number, or a time. */
export type AsOf = { readonly version: number } | { readonly timeMs: number };

/** @throws LakeError USAGE. */
export function parseAsOf(text: string, nowMs: number): AsOf {
  if (/^\d{1,15}$/.test(text.trim())) return { version: Number(text) };
  return { timeMs: parseMoment(text, nowMs) };
}
