/**
 * Everything that the simulated exchange can do wrong. Times in milliseconds unless the name says otherwise. A flood
 * can be silenced and cut like any market, but its frames are neither doubled nor disordered nor sent again.
 */

/** Which connections a fault hits: all (also those that come while it lasts), one by number, the oldest or newest open one. */
export type FaultTarget = 'all' | 'oldest' | 'newest' | number;

interface OnSocket {
  /** Default `all`. */
  readonly connection?: FaultTarget;
}

interface OnRequest {
  /** Only requests whose path starts so; default all. */
  readonly path?: string;
}

/** Faults that last until they are cleared. */
export type LastingFault =
  /** Sends nothing at all, but still answers pings and control frames. */
  | ({ readonly fault: 'silent-socket' } & OnSocket)
  /** Liquidations are withheld (and lost) while the canary ticks. */
  | ({ readonly fault: 'liquidations-silent' } & OnSocket)
  /** Nobody is liquidated; the canary ticks. Nothing is lost. */
  | { readonly fault: 'quiet-market' }
  /** Neither reads nor writes, and does not close: what a dead router in between looks like. */
  | ({ readonly fault: 'half-open' } & OnSocket)
  /** Every order frame twice. */
  | ({ readonly fault: 'duplicates' } & OnSocket)
  /** Orders are held back until `window` of them are there, then sent in another order. */
  | ({ readonly fault: 'out-of-order'; readonly window: number } & OnSocket)
  /** A new connection first gets the last `count` orders again. */
  | { readonly fault: 'resend-on-reconnect'; readonly count: number }
  /** HTTP requests, WebSocket handshakes or both are refused with a status, and with `Retry-After` if given. */
  | ({
      readonly fault: 'http-status';
      readonly status: number;
      readonly on: 'rest' | 'websocket' | 'both';
      readonly retryAfterSeconds?: number;
      /** Instead of what the exchange says with this status. */
      readonly body?: string;
    } & OnRequest)
  /** The connection ends in the middle of the body. */
  | ({ readonly fault: 'truncated-body' } & OnRequest)
  | ({ readonly fault: 'slow-body'; readonly bytesPerSecond: number } & OnRequest)
  /** The body never ends: JSON that goes on and on. */
  | ({ readonly fault: 'endless-body' } & OnRequest)
  /** Never answers. */
  | ({ readonly fault: 'hanging-request' } & OnRequest)
  /** Never completes a WebSocket handshake. */
  | { readonly fault: 'hanging-handshake' }
  /** 200 with a web page instead of JSON. */
  | ({ readonly fault: 'html-body' } & OnRequest)
  /** Broken rows between right ones in ticker arrays. */
  | { readonly fault: 'bad-ticker-rows' }
  /** The exchange's clock is ahead by this much (negative: behind). */
  | { readonly fault: 'clock-skew'; readonly offsetMs: number }
  /** Closed bars are not sent: a frame that got lost in the minute's last second. */
  | ({ readonly fault: 'no-closing-frames' } & OnSocket)
  | ({ readonly fault: 'late-closing-frames'; readonly delayMs: number } & OnSocket)
  /** Closed bars have another volume than on the other sockets. */
  | ({ readonly fault: 'other-closing-frames' } & OnSocket)
  /** The stream closes its bars without their last trade: REST corrects them. */
  | { readonly fault: 'late-trade' }
  /** REST and archive have no bars of these minutes. */
  | { readonly fault: 'rest-hole'; readonly fromMs: number; readonly toMs: number }
  | ({ readonly fault: 'trades-silent' } & OnSocket)
  /** The archive's checksums do not fit its files. */
  | { readonly fault: 'bad-checksums' }
  /** The stock exchange never closes, so that a test need not wait for it. */
  | { readonly fault: 'always-open' };

/** Faults that happen once. */
export type MomentaryFault =
  /** TCP RST. What was sent before has arrived, unless `abruptly`. */
  | ({ readonly fault: 'reset'; readonly abruptly?: boolean } & OnSocket)
  | ({ readonly fault: 'close'; readonly code?: number; readonly reason?: string } & OnSocket)
  /** `orders` at once on every socket; one connection (default `oldest`) is reset after `after` of them. */
  | ({ readonly fault: 'drop-in-burst'; readonly orders: number; readonly after: number } & OnSocket)
  /** The server announces its shutdown, then closes. */
  | ({ readonly fault: 'rotation'; readonly graceMs?: number } & OnSocket)
  /** Frames of the catalogue of malformed ones, all of them or the named ones. */
  | ({ readonly fault: 'malformed'; readonly names?: readonly string[] } & OnSocket);

export type Fault = LastingFault | MomentaryFault;

export type LastingFaultKind = LastingFault['fault'];

export type TimedFault = Fault & {
  /** After the simulator's start. */
  readonly atMs: number;
  /** Lasting faults only; default for ever. */
  readonly durationMs?: number;
};

const MOMENTARY: ReadonlySet<string> = new Set(['reset', 'close', 'drop-in-burst', 'rotation', 'malformed']);

export function isLasting(fault: Fault): fault is LastingFault {
  return !MOMENTARY.has(fault.fault);
}
