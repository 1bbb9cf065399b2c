/** Does a REST route answer as the collectors ask it, and how much request weight is left? */
import type { Clock } from '../../base/clock.ts';
import { LakeError } from '../../base/errors.ts';
import type { HostLimits } from '../../network/http/host-limits.ts';
import type { RestClient } from '../../network/http/rest-client.ts';
import type { Check } from '../check.ts';
import { refused } from '../refusal-result.ts';

export interface RestRouteOptions {
  readonly name: string;
  /** Any address of the route, for its host and its pool of weight. */
  readonly url: string;
  readonly rest: RestClient;
  readonly gates: HostLimits;
  readonly clock: Clock;
  /** @returns undefined when the route does not tell what was asked. */
  readonly ask: (signal: AbortSignal) => Promise<unknown>;
}

/** Below this share of the weight, polls are soon put off. */
const LITTLE_LEFT = 0.3;

export function restRoute({ name, url, rest, gates, clock, ask }: RestRouteOptions): Check {
  const { host } = new URL(url);
  return {
    name,
    async run(signal) {
      const startedMs = clock.monotonicMs();
      let answer: unknown;
      try {
        answer = await ask(signal);
      } catch (error) {
        if (error instanceof LakeError) return refused(error, gates, url);
        throw error;
      }
      const tookMs = Math.round(clock.monotonicMs() - startedMs);
      if (answer === undefined) {
        return {
          status: 'fail',
          text: `${host} answers, but does not have what is asked of it`,
          mend: 'check the address in `BINANCE_…_URL`: it may be another exchange, or a proxy',
        };
      }
      const { used, limit } = rest.usedWeight(url);
      const left = Math.max(0, limit - used);
      const text = `${host} answers in ${tookMs} ms; weight left this minute: ${left.toLocaleString('en')} of ${limit.toLocaleString('en')}`;
      if (left >= limit * LITTLE_LEFT) return { status: 'ok', text };
      return { status: 'warn', text, mend: 'end what else asks this exchange from this address' };
    },
  };
}
