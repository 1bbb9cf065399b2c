/** One answer of `klines` → the bars that were asked for. */
import { type Bar, MINUTE_US } from '../../bars/bar.ts';
import type { MinuteRange } from '../../bars/plan-holes.ts';
import type { HistoryAnswer } from '../history-spec.ts';
import { parseKlineItems } from './parse-kline.ts';

/** @returns bars in the range, or what is wrong with the whole. */
export function readKlineAnswer(
  body: string,
  market: string,
  symbol: string,
  { fromUs, toUs }: MinuteRange,
): HistoryAnswer | string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return 'not JSON';
  }
  if (!Array.isArray(value)) return 'not a list of klines';
  const bars: Bar[] = [];
  const bad: { raw: string; reason: string }[] = [];
  for (const items of value as readonly unknown[]) {
    const bar = parseKlineItems(items, market, symbol);
    if (typeof bar === 'string') bad.push({ raw: JSON.stringify(items), reason: bar });
    else if (bar.openTimeUs >= fromUs && bar.openTimeUs + MINUTE_US <= toUs) bars.push(bar);
  }
  return { bars, bad };
}
