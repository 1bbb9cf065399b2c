/** Which market a simulator plays, and how its times of day are found. */

import type { SimulatorOptions } from '../simulator.ts';
import type { Instrument } from './instruments.ts';
import type { MarketEvent } from './market-event.ts';
import { replayFile, replaySpan } from './replay-file.ts';
import { seededMarket } from './seeded-market.ts';

const DEFAULT_FRAMES_PER_SECOND = 5;

export interface Market {
  readonly events: Iterable<MarketEvent> | AsyncIterable<MarketEvent>;
  /** What to add to an order's `T`, when the market starts at `nowMs` of the exchange. */
  readonly timeShiftMs: (nowMs: number) => number;
}

export async function openMarket(
  options: SimulatorOptions,
  instruments: readonly Instrument[],
): Promise<Market> {
  const { market = 'natural', seed = 1, speed = 1, framesPerSecond = DEFAULT_FRAMES_PER_SECOND } = options;
  if (typeof market === 'object') {
    const { firstMs, lastMs } = await replaySpan(market.replay);
    const middleMs = Math.round((firstMs + lastMs) / 2);
    return {
      events: replayFile(market.replay, speed),
      timeShiftMs: (nowMs) => (market.times === 'now' ? nowMs - middleMs : 0),
    };
  }
  const isQuiet = market === 'none' || market === 'flood' || framesPerSecond <= 0;
  return {
    events: isQuiet ? [] : seededMarket({ instruments, seed, speed, framesPerSecond, pace: market }),
    timeShiftMs: (nowMs) => nowMs,
  };
}
