/**
 * A made-up market, second by second: a calm base rate, quiet spells with nothing at all, and cascades that hit one
 * side of related symbols and fade. A few symbols make most of the orders. A symbol has at most one order a second,
 * as on the exchange, as long as there are more symbols than orders a second; above that orders are spread evenly.
 */

import { createSeededRandom, type SeededRandom } from '../../base/seeded-random.ts';
import type { Instrument } from './instruments.ts';
import { EVENT_DELAY_MS, type MarketEvent } from './market-event.ts';
import { makeOrder } from './order-maker.ts';
import { SymbolPicker } from './symbol-picker.ts';

export interface SeededMarketOptions {
  readonly instruments: readonly Instrument[];
  readonly seed: number;
  /** The mean of a natural market, the exact rate of a steady one. */
  readonly framesPerSecond: number;
  /** `natural`: calm, quiet spells and cascades. `steady`: the same number every second. */
  readonly pace: 'natural' | 'steady';
  /** How much faster than the clock the market lives. */
  readonly speed: number;
}

/** What the market does for some seconds. */
interface Mood {
  readonly secondsLeft: number;
  /** Times the base rate. */
  readonly intensity: number;
  readonly sellShare: number;
}

const CALM: Mood = { secondsLeft: 20, intensity: 0.6, sellShare: 0.5 };
/** Base rate to mean rate: calm, quiet and cascade seconds together average one. */
const CASCADE_PEAK = 8;

/** Endless. The same options give the same events. */
export function* seededMarket(options: SeededMarketOptions): Generator<MarketEvent, void, undefined> {
  const random = createSeededRandom(options.seed);
  const picker = new SymbolPicker(options.instruments, random);
  let mood = CALM;
  let owed = 0;
  for (let second = 0; ; second++) {
    const rate = options.framesPerSecond * (options.pace === 'steady' ? 1 : mood.intensity);
    owed += options.pace === 'steady' ? rate : poisson(rate, random);
    const count = Math.floor(owed);
    owed -= count;
    for (let index = 0; index < count; index++) {
      const atMs = second * 1000 + (index * 1000) / count;
      const instrument = picker.pick(atMs);
      const side = random.next() < mood.sellShare ? 'SELL' : 'BUY';
      const dueMs = atMs / options.speed;
      const order = makeOrder(instrument, side, Math.floor(dueMs) - EVENT_DELAY_MS, random);
      yield { dueMs, content: { kind: 'order', order, eventDelayMs: EVENT_DELAY_MS + random.below(8) - 2 } };
    }
    mood = nextMood(mood, random);
  }
}

function nextMood(mood: Mood, random: SeededRandom): Mood {
  if (mood.secondsLeft > 1) {
    const isCascade = mood.intensity > 1;
    return { ...mood, secondsLeft: mood.secondsLeft - 1, intensity: mood.intensity * (isCascade ? 0.8 : 1) };
  }
  const draw = random.next();
  if (draw < 0.25) return { secondsLeft: 4 + random.below(12), intensity: 0, sellShare: 0.5 };
  if (draw < 0.5) {
    const sellShare = random.next() < 0.6 ? 0.95 : 0.05;
    return { secondsLeft: 4 + random.below(5), intensity: CASCADE_PEAK, sellShare };
  }
  return { ...CALM, secondsLeft: 6 + random.below(24) };
}

function poisson(mean: number, random: SeededRandom): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  const floor = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > floor; product *= random.next()) count++;
  return count;
}
