import { LakeError } from '../base/errors.ts';
import type { Flags } from './context.ts';

/** @throws LakeError USAGE saying what the number must be. */
export function numberFlag(
  flags: Flags,
  name: string,
  { least, most, isWhole }: { readonly least: number; readonly most: number; readonly isWhole: boolean },
): number {
  const text = String(flags[name]).trim();
  const value = text === '' ? Number.NaN : Number(text);
  if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
  throw new LakeError(
    'USAGE',
    `\`--${name}\` must be a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`,
    {
      hint: `it is \`${text.slice(0, 60)}\``,
    },
  );
}
