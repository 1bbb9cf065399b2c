/**
 * Rows of bars as points of the chart, to scale: a bar that is not there is an empty point and a mark, so that a hole
 * looks like a hole and is never bridged.
 */
import type { CandlestickData, HistogramData, UTCTimestamp, WhitespaceData } from 'lightweight-charts';
import type { Row } from '../api.ts';
import { timeOf } from '../text.ts';

export interface Bar {
  readonly timeMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly isPartial: boolean;
}

/** A hole of years is drawn as the first and last of these many points. */
const MAX_EMPTY_POINTS = 20_000;

export function barOf(row: Row): Bar | undefined {
  const { open, high, low, close, volume } = row;
  const timeMs = timeOf(row.open_time);
  if (!Number.isFinite(timeMs) || typeof open !== 'number' || typeof high !== 'number') return undefined;
  if (typeof low !== 'number' || typeof close !== 'number') return undefined;
  return {
    timeMs,
    open,
    high,
    low,
    close,
    volume: typeof volume === 'number' ? volume : 0,
    isPartial: row.completeness === 'partial',
  };
}

export const secondsOf = (timeMs: number) => Math.floor(timeMs / 1000) as UTCTimestamp;

export interface BarPoints {
  readonly prices: (CandlestickData | WhitespaceData)[];
  readonly volumes: HistogramData[];
  /** As high as the pane, where there is no bar or only part of one. */
  readonly holes: HistogramData[];
}

export interface Colors {
  readonly up: string;
  readonly down: string;
  readonly hole: string;
}

/** @param bars ascending. @param gapless is for stocks: no bar is due outside of a session. */
export function barPoints(
  bars: readonly Bar[],
  lengthMs: number,
  { up, down, hole }: Colors,
  gapless = false,
): BarPoints {
  const points: BarPoints = { prices: [], volumes: [], holes: [] };
  let left = MAX_EMPTY_POINTS;
  let dueMs = bars[0]?.timeMs ?? 0;
  for (const bar of bars) {
    for (; !gapless && dueMs < bar.timeMs && left > 0; dueMs += lengthMs, left--) {
      points.prices.push({ time: secondsOf(dueMs) });
      points.holes.push({ time: secondsOf(dueMs), value: 1, color: `${hole}66` });
    }
    const time = secondsOf(bar.timeMs);
    const { open, high, low, close, volume } = bar;
    points.prices.push({ time, open, high, low, close });
    points.volumes.push({ time, value: volume, color: `${close >= open ? up : down}80` });
    if (bar.isPartial) points.holes.push({ time, value: 1, color: `${hole}33` });
    dueMs = bar.timeMs + lengthMs;
  }
  return points;
}
