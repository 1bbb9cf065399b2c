import { createSystemClock } from '../dist/base/clock.js';
import { HostLimits } from '../dist/network/http/host-limits.js';
import { RedundantFeed } from '../dist/network/websocket/redundant-feed.js';
import { BINANCE } from '../dist/sources/binance/venue.js';
import { sourceOf } from '../dist/sources/registry.js';

/** The product's own connections, without spool and tables. @returns a function that ends them. */
export async function listen(wsUrl, { onMessage, onConnected, onDisconnected, ...options }) {
  const clock = createSystemClock();
  const store = { read: async () => ({}), save: async () => undefined };
  const hostLimits = await HostLimits.open({ store, clock, limits: BINANCE.limits });
  const { feed: spec } = sourceOf('liquidations');
  const [plan] = spec.plan({ BINANCE_FUTURES_WS_URL: wsUrl }, {});
  const pair = new RedundantFeed({
    spec,
    plan,
    hostLimits,
    clock,
    unprovenAfterMs: 600_000,
    emit: (event) => {
      if (event.type === 'message') onMessage?.(event);
      else if (event.type === 'connected') onConnected?.(event.connection);
      else if (event.type === 'disconnected') onDisconnected?.(event.connection);
    },
    ...options,
  });
  const stopping = new AbortController();
  const ended = pair.run(stopping.signal);
  return async () => {
    stopping.abort();
    await ended;
  };
}

export function exchangeAt({ wsUrl, restUrl }) {
  return {
    BINANCE_FUTURES_WS_URL: wsUrl,
    BINANCE_FUTURES_REST_URL: restUrl,
    BINANCE_COINM_REST_URL: restUrl,
    BINANCE_SPOT_REST_URL: restUrl,
    CRYPTO_LAKE_UPKEEP: 'off',
    LOG_LEVEL: 'error',
  };
}

export async function until(condition, deadlineMs, what, lookMs = 10) {
  const endMs = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}
