/** A frame of a collector → rows for the channels, by the parsers of its venue. */
import { binanceLiveEvents } from '../sources/binance/live-events.ts';
import type { LiveEvent, LiveFrame } from '../sources/live-event.ts';

const DECODERS: Readonly<Record<string, (frame: LiveFrame) => LiveEvent[]>> = {
  liquidations: binanceLiveEvents,
  bars: binanceLiveEvents,
};

/** @returns nothing for a source that only the log tells of, and for what no parser understands. */
export function decodeLive(frame: LiveFrame): readonly LiveEvent[] {
  return DECODERS[frame.source]?.(frame) ?? [];
}
