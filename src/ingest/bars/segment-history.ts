/** Of which symbols and minutes the answers in a segment are: what is stored of them has to be known before. */
import { readResponse } from '../../sources/record-text.ts';
import { readSegment } from '../../spool/segments/read-segment.ts';
import type { PollInfo } from '../../spool/segments/record.ts';
import type { TradesOf } from './known-trades.ts';

export type History = NonNullable<PollInfo['history']>;

export async function historiesOf(path: string): Promise<readonly History[]> {
  const histories: History[] = [];
  for await (const items of readSegment(path)) {
    for (const item of items) {
      if ('damaged' in item || item.kind !== 'response') continue;
      const { history } = readResponse(item).request;
      if (history !== undefined) histories.push(history);
    }
  }
  return histories;
}

/** The trades that the answers in a segment tell, by their ids; `toId` is exclusive. */
export async function tradeRangesOf(path: string, venue: string): Promise<readonly TradesOf[]> {
  const ranges: TradesOf[] = [];
  for await (const items of readSegment(path)) {
    for (const item of items) {
      if ('damaged' in item || item.kind !== 'response') continue;
      const { market, trades } = readResponse(item).request;
      if (trades !== undefined) ranges.push({ venue, market, ...trades });
    }
  }
  return ranges;
}

/** A day of one symbol or of all: few reads of many files. */
const DAY_US = 86_400_000_000;

/**
 * What has to be read from the tables.
 * @param sinceUs of all symbols, what is newer too, up to `untilUs`; undefined when it is known.
 */
export function historySpans(
  histories: readonly History[],
  sinceUs: number | undefined,
  untilUs = Number.MAX_SAFE_INTEGER,
): readonly { readonly fromUs: number; readonly toUs: number; readonly symbols?: readonly string[] }[] {
  const byDay = new Map<number, { fromUs: number; toUs: number; symbols: Set<string> }>();
  for (const { symbol, fromUs, toUs } of histories) {
    const day = Math.floor(fromUs / DAY_US);
    const span = byDay.get(day) ?? { fromUs, toUs, symbols: new Set<string>() };
    span.fromUs = Math.min(span.fromUs, fromUs);
    span.toUs = Math.max(span.toUs, toUs);
    span.symbols.add(symbol);
    byDay.set(day, span);
  }
  const spans = [...byDay.values()].map((span) => ({ ...span, symbols: [...span.symbols] }));
  return sinceUs === undefined ? spans : [{ fromUs: sinceUs, toUs: untilUs }, ...spans];
}
