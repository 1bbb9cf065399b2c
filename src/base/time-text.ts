/** Times as people write them: `2h`, `7d`, `2026-11-01`, `2026-11-01T12:00Z`; UTC unless they say otherwise. */
import { LakeError } from './errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** @returns milliseconds since the epoch. @throws LakeError USAGE. */
export function parseMoment(text: string, nowMs: number): number {
  const ago = /^(\d+(?:\.\d+)?)(s|m|h|d|w)$/.exec(text.trim());
  if (ago) return nowMs - Number(ago[1]) * (UNIT_MS[ago[2] ?? ''] ?? 0);
  const iso =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/.exec(
      text.trim(),
    );
  const ms = iso ? Date.parse(`${iso[1]}T${iso[2] ?? '00:00'}${iso[3] ?? 'Z'}`) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new LakeError('USAGE', `\`${text.slice(0, 60)}\` is not a time`, {
    hint: 'write `2h` or `7d` for how long ago, or `2026-11-01T12:00Z`',
  });
}

/** A version number, or a time. */
export type AsOf = { readonly version: number } | { readonly timeMs: number };

/** @throws LakeError USAGE. */
export function parseAsOf(text: string, nowMs: number): AsOf {
  if (/^\d{1,15}$/.test(text.trim())) return { version: Number(text) };
  return { timeMs: parseMoment(text, nowMs) };
}
