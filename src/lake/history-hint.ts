/** The hint for a version that is not there: where the versions are listed. */
import { LakeError } from '../base/errors.ts';
import { shellQuote } from '../base/shell-quote.ts';

/** @param table its name in the lake, or its path. */
export function withHistoryHint(error: unknown, table: string): unknown {
  if (!(error instanceof LakeError) || error.code !== 'VERSION_NOT_FOUND' || error.hint !== undefined)
    return error;
  return new LakeError(error.code, error.message, {
    hint: `list its versions with \`crypto-lake tables --history ${shellQuote(table)}\``,
    cause: error,
  });
}
