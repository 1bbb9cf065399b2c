/** Sources whose frames tell more to who looks on than to the tables. */
import { binanceBarEvents } from './binance/live-bars.ts';
import type { LiveEvent, LiveFrame } from './live-event.ts';

/** By the id of the source: bars that are not closed yet stand in no table. */
export const LIVE_DECODERS: Readonly<Record<string, (frame: LiveFrame) => readonly LiveEvent[]>> = {
  bars: binanceBarEvents,
};
