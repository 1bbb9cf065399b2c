/** Does a stream deliver? A connection that is accepted and silent is another trouble than none. */
import type { Clock } from '../../base/clock.ts';
import { LakeError } from '../../base/errors.ts';
import type { Facts } from '../../base/facts.ts';
import { FeedSocket } from '../../network/websocket/feed-socket.ts';
import type { ConnectionPlan, FeedSpec } from '../../network/websocket/feed-spec.ts';
import { FEED_TIMEOUTS, type FeedTimeouts } from '../../network/websocket/feed-timeouts.ts';
import type { VenueNetwork } from '../../services/venue-network.ts';
import type { Source } from '../../sources/source.ts';
import { type Check, type CheckResult, mergeResults } from '../check.ts';
import { refusalResult } from '../refusal-result.ts';

export interface StreamRouteOptions {
  readonly source: Source;
  readonly feed: FeedSpec;
  readonly network: VenueNetwork;
  readonly clock: Clock;
  readonly timeouts?: FeedTimeouts;
}

type Outcome = { readonly delivers: true } | { readonly delivers: false; readonly reason: string };

/** Enough to see that a subscription works. */
const MAX_TOPICS = 10;

export function streamRoute(options: StreamRouteOptions): Check {
  const { source, feed, network } = options;
  return {
    name: feed.routeName,
    async run(signal): Promise<CheckResult> {
      const facts = await planningFacts(source, network, signal);
      if (facts instanceof LakeError)
        return refusalResult(facts, network.hostLimits, network.addresses[feed.setting] ?? '');
      // One connection for each address: its other topics are of the same kind.
      const plans = new Map(feed.plan(network.addresses, facts).map((plan) => [plan.url, plan]));
      const results: CheckResult[] = [];
      for (const plan of plans.values()) results.push(await tryRoute(plan, options, signal));
      return mergeResults(results, 'there is nothing to listen to');
    },
  };
}

async function planningFacts(
  { facts = [] }: Source,
  { rest, addresses }: VenueNetwork,
  signal: AbortSignal,
): Promise<Facts | LakeError> {
  const found: Record<string, unknown> = {};
  for (const { name, isForPlan, fetch } of facts) {
    if (!isForPlan) continue;
    try {
      found[name] = await fetch({ rest, addresses, signal });
    } catch (error) {
      if (error instanceof LakeError) return error;
      throw error;
    }
  }
  return found;
}

async function tryRoute(
  { url, topics }: ConnectionPlan,
  { feed, network, clock, timeouts = FEED_TIMEOUTS }: StreamRouteOptions,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { hostLimits, proxies } = network;
  const { host, pathname } = new URL(url);
  const known = hostLimits.refusalOf(url);
  if (known) return refusalResult(known, hostLimits, url);
  const startedMs = clock.monotonicMs();
  let isAccepted = false;
  const outcome = await new Promise<Outcome>((resolve) => {
    const socket = new FeedSocket({
      url,
      spec: feed,
      // The canary is the last one.
      topics: topics.slice(-MAX_TOPICS),
      hostLimits,
      proxies,
      clock,
      timeouts,
      connection: 'doctor',
      emit: (event) => {
        if (event.type !== 'state') return;
        const { state, reason } = event;
        if (state === 'subscribed') isAccepted = true;
        if (state === 'listening') resolve({ delivers: true });
        if (state === 'waiting' || state === 'stopped') resolve({ delivers: false, reason });
        if (state === 'listening') socket.end('stop', '');
      },
    });
    signal.addEventListener('abort', () => socket.end('stop', 'stopped'), { once: true });
  });
  signal.throwIfAborted();
  if (outcome.delivers) {
    const tookMs = Math.round(clock.monotonicMs() - startedMs);
    return { status: 'ok', text: `${host}${pathname} delivers, the first data after ${tookMs} ms` };
  }
  const refusal = hostLimits.refusalOf(url);
  if (refusal) return refusalResult(refusal, hostLimits, url);
  const { setting, routeHint } = feed;
  if (isAccepted) {
    const usual = network.venue.settings.find(({ env }) => env === setting)?.fallback;
    return {
      status: 'fail',
      text: `${host}${pathname} is acknowledged but silent: ${outcome.reason}`,
      fix: `set \`${setting}\` to an address that delivers${routeHint ? ` (${routeHint})` : ''}, such as ${usual}`,
    };
  }
  return {
    status: 'fail',
    text: `${host} cannot be reached: ${outcome.reason}`,
    fix: `check network, DNS, proxy and \`${setting}\`: \`curl -v ${httpUrl(url)}\``,
  };
}

function httpUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol === 'wss:' ? 'https' : 'http'}://${host}`;
}
