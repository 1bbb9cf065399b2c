/** What a refusal of the exchange means to a person, with the time that is left of it. */
import type { HostGates } from '../connections/host-gate.ts';
import type { LakeError } from '../errors.ts';
import type { CheckResult } from './check.ts';
import { timeLeft } from './time-left.ts';

export function refused(error: LakeError, gates: HostGates, url: string): CheckResult {
  const leftMs = gates.shutForMs(url);
  const left = leftMs > 0 && error.code !== 'EXCHANGE_BLOCKED' ? `, ${timeLeft(leftMs)} left` : '';
  return {
    status: 'fail',
    text: `${error.message}${left}`,
    mend: error.hint ?? 'try again later',
  };
}
