/** What a refusal of the exchange means to a person, with the time that is left of it. */

import { timeLeftText } from '../base/duration.ts';
import type { LakeError } from '../base/errors.ts';
import type { HostLimits } from '../network/http/host-limits.ts';
import type { CheckResult } from './check.ts';

export function refusalResult(error: LakeError, hostLimits: HostLimits, url: string): CheckResult {
  const leftMs = hostLimits.blockedForMs(url);
  const left = leftMs > 0 && error.code !== 'EXCHANGE_BLOCKED' ? `, ${timeLeftText(leftMs)} left` : '';
  return {
    status: 'fail',
    text: `${error.message}${left}`,
    fix: error.hint ?? 'try again later',
  };
}
