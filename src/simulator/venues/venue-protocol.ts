/** What another venue than the main one says on the wire: as much of it as its liquidations need. */
import type { SeededRandom } from '../../base/seeded-random.ts';

/** A row as it must be found in the lake, whatever the venue's own words for it. */
export interface VenueOrder {
  readonly market: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly tradeTimeMs: number;
  readonly quantity: number;
  readonly price: number;
  readonly contractSize: number | null;
  readonly notional: number;
}

export interface VenueMessage {
  /** Whoever has subscribed it on this path gets the text. */
  readonly path: string;
  readonly topic: string;
  readonly text: string;
}

export interface ControlAnswer {
  readonly replies: readonly string[];
  readonly subscribed: readonly string[];
  readonly unsubscribed: readonly string[];
}

export interface VenueProtocol {
  readonly paths: readonly string[];
  /** @returns a JSON body, or undefined for a path that is not there. */
  answer(path: string, query: URLSearchParams, nowMs: number): string | undefined;
  /** What follows from a text that a client sent. */
  control(text: string): ControlAnswer;
  /** One to three orders in one message. */
  liquidate(
    random: SeededRandom,
    nowMs: number,
  ): { readonly message: VenueMessage; readonly orders: readonly VenueOrder[] };
  /** What ticks while the market is quiet. */
  tick(nowMs: number): readonly VenueMessage[];
}

/**
 * - `silent`: takes the connection and the subscription, acknowledges, and sends nothing.
 * - `liquidations-silent`: the canary ticks alone; orders are lost.
 * - `refused`: handshakes and requests get status 403.
 * - `deaf`: takes the connection and answers nothing at all.
 */
export type VenueFault = 'silent' | 'liquidations-silent' | 'refused' | 'deaf';
