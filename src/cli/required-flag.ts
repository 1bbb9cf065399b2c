import { LakeError } from '../base/errors.ts';
import type { Flags } from './context.ts';

/** @throws LakeError USAGE. */
export function requiredFlag(flags: Flags, name: string, example: string): string {
  const value = flags[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new LakeError('USAGE', `\`--${name}\` is missing`, { hint: `for example \`--${name} ${example}\`` });
}
