/** Does a REST route answer as the collectors ask it, and how much request weight is left? */
import type { Clock } from '../../base/clock.ts';
import { LakeError } from '../../base/errors.ts';
import { getOr404 } from '../../network/http/get-or-404.ts';
import type { VenueNetwork } from '../../services/venue-network.ts';
import type { Check } from '../check.ts';
import { refusalResult } from '../refusal-result.ts';

export interface RestRouteOptions {
  readonly name: string;
  readonly url: string;
  readonly weight: number;
  /** Whether the answer is what such a route answers. */
  readonly isGood: (body: string) => boolean;
  readonly network: VenueNetwork;
  readonly clock: Clock;
}

/** Below this share of the weight, polls are soon put off. */
const LITTLE_LEFT = 0.3;

export function restRoute({ name, url, weight, isGood, network, clock }: RestRouteOptions): Check {
  const { rest, hostLimits, venue } = network;
  const { host } = new URL(url);
  return {
    name,
    async run(signal) {
      const startedMs = clock.monotonicMs();
      let body: string | undefined;
      try {
        body = (await getOr404(rest, url, weight, signal))?.body;
      } catch (error) {
        if (error instanceof LakeError) return refusalResult(error, hostLimits, url);
        throw error;
      }
      const tookMs = Math.round(clock.monotonicMs() - startedMs);
      if (body === undefined || !isGood(body)) {
        return {
          status: 'fail',
          text: `${host} answers, but does not have what is asked of it`,
          fix: `check the address in \`${venue.limits.settings}\`: it may be another exchange, or a proxy`,
        };
      }
      const { used, limit } = rest.usedWeight(url);
      const left = Math.max(0, limit - used);
      const text = `${host} answers in ${tookMs} ms; weight left this minute: ${left.toLocaleString('en')} of ${limit.toLocaleString('en')}`;
      if (left >= limit * LITTLE_LEFT) return { status: 'ok', text };
      return { status: 'warn', text, fix: 'end what else asks this exchange from this address' };
    },
  };
}
