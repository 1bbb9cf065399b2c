/** How long a connection may take for what. All in milliseconds. */
export interface FeedTimeouts {
  readonly handshakeMs: number;
  /** From the handshake to the first data: an acknowledged subscription that brings nothing is a failure. */
  readonly firstMessageMs: number;
  /** Silence after which the connection is suspect, and after which it is cut. */
  readonly quietMs: number;
  readonly silentMs: number;
  readonly maxBackOffMs: number;
  /** How long the old socket of a rotation goes on beside its replacement: more than the slowest frame is on its way. */
  readonly overlapMs: number;
}

export const FEED_TIMEOUTS: FeedTimeouts = {
  handshakeMs: 10_000,
  firstMessageMs: 10_000,
  quietMs: 3000,
  silentMs: 6000,
  maxBackOffMs: 30_000,
  overlapMs: 2000,
};
