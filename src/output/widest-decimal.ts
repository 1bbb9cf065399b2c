/** The widest integers that Parquet and Arrow have in a form that all readers know; DuckDB's reach a little further. */
import { LakeError } from '../base/errors.ts';

/** Of a decimal of 128 bits. */
export const MAX_DIGITS = 38;

export function tooManyDigits(number: bigint | string, cause?: unknown): LakeError {
  return new LakeError('QUERY_FAILED', `${number} has more digits than a decimal of ${MAX_DIGITS}`, {
    hint: 'cast the column to `VARCHAR` or `DOUBLE`, or choose a text format',
    cause,
  });
}
