/** How often a host is asked again when it fails, and when it is left alone for a while. */
import {
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  type IPolicy,
  retry,
  wrap,
} from 'cockatiel';
import { LakeError } from '../../base/errors.ts';

const BREAK_AFTER_FAILURES = 5;
const HALF_OPEN_MS = 30_000;

/** A failure that may pass by itself. */
export class PassingError extends LakeError {
  constructor({ code, message, hint, cause }: LakeError) {
    super(code, message, { ...(hint === undefined ? {} : { hint }), cause });
  }
}

export class HostPolicies {
  readonly #maxAttempts: number;
  readonly #policies = new Map<string, IPolicy>();

  constructor(maxAttempts: number) {
    this.#maxAttempts = maxAttempts;
  }

  /** Retries inside of a breaker: five failed calls in a row rest the host. */
  of(host: string): IPolicy {
    let policy = this.#policies.get(host);
    if (policy === undefined) {
      const passing = handleWhen((error) => error instanceof PassingError);
      const breaker = circuitBreaker(passing, {
        halfOpenAfter: HALF_OPEN_MS,
        breaker: new ConsecutiveBreaker(BREAK_AFTER_FAILURES),
      });
      const retries = retry(passing, {
        maxAttempts: this.#maxAttempts - 1,
        backoff: new ExponentialBackoff({ initialDelay: 300, maxDelay: 2000 }),
      });
      policy = wrap(breaker, retries);
      this.#policies.set(host, policy);
    }
    return policy;
  }
}
