/** Does the liquidation stream deliver? A connection that is accepted and silent is another trouble than none. */
import type { Clock } from '../../base/clock.ts';
import type { HostLimits } from '../../network/http/host-limits.ts';
import type { ProxySettings } from '../../network/proxy-rules.ts';
import { FeedSocket } from '../../network/websocket/feed-socket.ts';
import { FEED_TIMEOUTS, type FeedTimeouts } from '../../network/websocket/feed-timeouts.ts';
import type { Check, CheckResult } from '../check.ts';
import { refused } from '../refusal-result.ts';

export interface StreamRouteOptions {
  readonly url: string;
  readonly gates: HostLimits;
  readonly proxies?: ProxySettings | undefined;
  readonly clock: Clock;
  readonly timeouts?: FeedTimeouts;
}

type Outcome = { readonly delivers: true } | { readonly delivers: false; readonly reason: string };

export function streamRoute({
  url,
  gates,
  proxies,
  clock,
  timeouts = FEED_TIMEOUTS,
}: StreamRouteOptions): Check {
  const { host, pathname } = new URL(url);
  return {
    name: 'stream',
    async run(signal): Promise<CheckResult> {
      const known = gates.refusalOf(url);
      if (known) return refused(known, gates, url);
      const startedMs = clock.monotonicMs();
      let isAccepted = false;
      const outcome = await new Promise<Outcome>((resolve) => {
        const socket = new FeedSocket({
          url,
          gates,
          proxies,
          clock,
          timeouts,
          onMessage: () => undefined,
          onState: (state, reason) => {
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
      const refusal = gates.refusalOf(url);
      if (refusal) return refused(refusal, gates, url);
      if (isAccepted) {
        return {
          status: 'fail',
          text: `${host}${pathname} is acknowledged but silent: ${outcome.reason}`,
          mend: 'set `BINANCE_FUTURES_WS_URL` to an address whose /market route delivers, such as wss://fstream.binance.com',
        };
      }
      return {
        status: 'fail',
        text: `${host} cannot be reached: ${outcome.reason}`,
        mend: `check network, DNS, proxy and \`BINANCE_FUTURES_WS_URL\`: \`curl -v ${httpUrl(url)}\``,
      };
    },
  };
}

function httpUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol === 'wss:' ? 'https' : 'http'}://${host}`;
}
