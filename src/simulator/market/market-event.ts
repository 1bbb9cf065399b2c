import type { ForcedOrder } from './forced-order.ts';

/** How long after its trade the exchange sends an order: about a second. */
export const EVENT_DELAY_MS = 1005;

/** Something that a market sends. Times of day are the feed's business: a market only counts from its start. */
export interface MarketEvent {
  /** When to send it, in milliseconds after the market's start. */
  readonly dueMs: number;
  readonly content:
    | {
        readonly kind: 'order';
        /** `T` counts from the market's time origin (0 for a made-up market, the epoch for a recorded one). */
        readonly order: ForcedOrder;
        /** `E` minus `T`. */
        readonly eventDelayMs: number;
      }
    /** Sent as it stands to everyone who listens to liquidations. */
    | { readonly kind: 'text'; readonly text: string };
}
