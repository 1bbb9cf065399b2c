/** Runs one check; what it throws becomes a failure that says what to do. */
import { LakeError, messageOf } from '../base/errors.ts';
import type { Check, CheckResult } from './check.ts';

export async function runCheck(check: Check, signal: AbortSignal): Promise<CheckResult> {
  try {
    return await check.run(signal);
  } catch (error) {
    signal.throwIfAborted();
    const hint = error instanceof LakeError ? error.hint : undefined;
    return {
      status: 'fail',
      text: messageOf(error),
      fix: hint ?? 'look at the file or folder that is named; if nothing is wrong with it, report this',
    };
  }
}
