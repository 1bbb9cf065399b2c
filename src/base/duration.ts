/** Spans of time as people write and read them. In milliseconds. */
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `500ms`, `60s`, `10m`, `1.5h`, `7d`, `2w`; undefined for anything else, a number without a unit among it. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text.trim()) ?? [];
  return count === undefined ? undefined : Math.round(Number(count) * (UNIT_MS[unit] ?? 0));
}

/** `45 s`, `12 min`, `2 h 5 min`, rounded down to what is shown. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `0.4 s`, `12.3 s`: how long something took. */
export function elapsedText(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** `90s`: as {@link parseDuration} reads it. */
export function durationLiteral(ms: number): string {
  return `${ms / 1000}s`;
}

/** As {@link durationText} for what is still to be waited for: rounded up, never nothing. */
export function timeLeftText(ms: number): string {
  const roundUpMs = ms > 120_000 ? 60_000 : 1000;
  return durationText(Math.max(1, Math.ceil(ms / roundUpMs)) * roundUpMs);
}
