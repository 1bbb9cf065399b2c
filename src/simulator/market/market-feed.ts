/** Plays a market's events at their times. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { MarketEvent } from './market-event.ts';

/** How many events may go out before others get a turn. */
const EVENTS_A_TURN = 64;

export interface MarketFeedOptions {
  readonly events: Iterable<MarketEvent> | AsyncIterable<MarketEvent>;
  /** No more orders than this. */
  readonly maxOrders: number;
  readonly deliver: (event: MarketEvent) => void;
  /** Waits while the clients have too much to read; only for markets that run as fast as they can. */
  readonly relief: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** @returns when the market has ended or the signal has come */
export async function playMarket(options: MarketFeedOptions): Promise<void> {
  const startMs = performance.now();
  let left = options.maxOrders;
  let sinceTurn = 0;
  for await (const event of options.events) {
    if (left <= 0 || options.signal.aborted) return;
    const waitMs = startMs + event.dueMs - performance.now();
    if (waitMs > 0) {
      await sleep(waitMs, undefined, { signal: options.signal }).catch(() => undefined);
      sinceTurn = 0;
    } else if (++sinceTurn >= EVENTS_A_TURN) {
      await nextTurn();
      await options.relief();
      sinceTurn = 0;
    }
    if (options.signal.aborted) return;
    options.deliver(event);
    if (event.content.kind === 'order') left -= 1;
  }
}
