import { parseDuration } from '../base/duration.ts';
import { LakeError } from '../base/errors.ts';
import type { Flags } from './context.ts';

/** @returns milliseconds. @throws LakeError USAGE for less than a second or more than 31 days. */
export function spanFlag(flags: Flags, name: string, example: string): number {
  const ms = parseDuration(String(flags[name])) ?? 0;
  if (ms >= 1000 && ms <= 31 * 86_400_000) return ms;
  throw new LakeError('USAGE', `\`--${name}\` must be a time from \`1s\` to \`31d\``, {
    hint: `for example \`--${name} ${example}\``,
  });
}
