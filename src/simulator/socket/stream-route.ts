/**
 * The WebSocket addresses of Binance futures. Only `/market` carries liquidations and mark prices, only `/public`
 * carries books; the old unrouted addresses accept everything and stay silent for market streams. Spot and COIN-M, which
 * have no routes at the real exchange but hosts of their own, stand below `/spot` and `/coinm` here.
 */
export interface StreamRoute {
  readonly route: 'market' | 'public' | 'legacy' | 'spot' | 'coinm';
  /** Frames are wrapped as `{"stream":…,"data":…}`. */
  readonly isCombined: boolean;
  /** The streams that the address asks for, lower-case symbols, percent-decoded. */
  readonly streams: readonly string[];
}

/** @returns undefined for an address that the exchange does not have */
export function parseStreamRoute(requestUrl: string): StreamRoute | undefined {
  const questionMark = requestUrl.indexOf('?');
  const path = questionMark < 0 ? requestUrl : requestUrl.slice(0, questionMark);
  const search = questionMark < 0 ? '' : requestUrl.slice(questionMark);
  const match = /^(?:\/(market|public|spot|coinm))?\/(ws|stream)(?:\/(.*))?$/.exec(path);
  if (match === null) return undefined;
  const [, routed, form, rest] = match;
  const isCombined = form === 'stream';
  if (isCombined && rest !== undefined && rest !== '') return undefined;
  const list = isCombined ? streamsParameter(search) : (rest ?? '');
  const route = (routed as StreamRoute['route'] | undefined) ?? 'legacy';
  return { route, isCombined, streams: list.split('/').map(decode).filter(Boolean) };
}

/** Does this route deliver the stream at all? What it does not deliver is acknowledged and silent. */
export function routeDelivers(route: StreamRoute['route'], stream: string): boolean {
  if (route === 'spot' || route === 'coinm') return true;
  const isBook = /bookticker|@depth|@rpidepth|@trade$/i.test(stream);
  return route === 'market' ? !isBook : isBook;
}

/** Read by hand: URLSearchParams would turn a `+` into a space. */
function streamsParameter(search: string): string {
  return /[?&]streams=([^&]*)/.exec(search)?.[1] ?? '';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
