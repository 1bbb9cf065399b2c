/**
 * Streams of single symbols on spot, USDⓈ-M and COIN-M: a group of sockets for each market, with a stream beside them
 * that ticks each second. Source: Binance docs, "Important WebSocket Change Notice" for the route of USDⓈ-M.
 */
import type { ConnectionPlan, FeedSpec } from '../../network/websocket/feed-spec.ts';
import { WATCHED, watchedOf } from '../watched-symbol.ts';
import { COINM_WS_URL, FUTURES_WS_URL, SPOT_WS_URL } from './settings.ts';

const VENUE = 'binance';
/** A kline of one second on spot, a mark price on futures. */
const ROUTES = [
  { market: 'spot', setting: SPOT_WS_URL, path: '/stream', canary: 'btcusdt@kline_1s' },
  { market: 'usdm', setting: FUTURES_WS_URL, path: '/market/stream', canary: 'btcusdt@markPrice@1s' },
  { market: 'coinm', setting: COINM_WS_URL, path: '/stream', canary: 'btcusd_perp@markPrice@1s' },
] as const;
/** The exchange takes 1,024 streams a socket; the address of so many fits into what servers take for a line. */
const MAX_STREAMS = 300;

/** The connections for one stream of every watched symbol. */
export function planMarketStreams(stream: string): FeedSpec['plan'] {
  return (addresses, facts) => {
    const watched = watchedOf(facts[WATCHED]).filter(({ venue }) => venue === VENUE);
    return ROUTES.flatMap(({ market, setting, path, canary }): ConnectionPlan[] => {
      const symbols = watched.filter((one) => one.market === market).map(({ symbol }) => symbol);
      const count = Math.ceil(symbols.length / MAX_STREAMS);
      return Array.from({ length: count }, (_, index) => {
        const own = symbols.slice(index * MAX_STREAMS, (index + 1) * MAX_STREAMS);
        const streams = [canary, ...own.map((symbol) => `${streamName(symbol)}@${stream}`)].join('/');
        const group = index === 0 ? market : `${market}.${index + 1}`;
        return { group, url: `${addresses[setting]}${path}?streams=${streams}`, topics: [] };
      });
    });
  };
}

/** `spot`, and `spot.2` where one socket cannot carry all. */
export function marketOfGroup(group: string): string {
  const end = group.indexOf('.');
  return end < 0 ? group : group.slice(0, end);
}

/** Only ASCII letters have a small form in stream names; other signs are percent-encoded. */
function streamName(symbol: string): string {
  return encodeURIComponent(symbol.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
}
