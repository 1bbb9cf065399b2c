/** When what is in a segment was received. */
import { readSegment } from '../../spool/segments/read-segment.ts';

/** All that may be the same as something in the segment, whenever other machines received it. */
export async function rangeAround(
  path: string,
  windowMs: number,
): Promise<{ windowMs: number; untilMs: number }> {
  let [firstUs, lastUs] = [Number.POSITIVE_INFINITY, 0];
  for await (const items of readSegment(path)) {
    for (const item of items) {
      if ('damaged' in item) continue;
      firstUs = Math.min(firstUs, item.receivedAtUs);
      lastUs = Math.max(lastUs, item.receivedAtUs);
    }
  }
  const lengthMs = lastUs === 0 ? 0 : (lastUs - firstUs) / 1000;
  return { windowMs: lengthMs + 2 * windowMs, untilMs: lastUs / 1000 + windowMs };
}

export async function firstReceiptUs(path: string): Promise<number> {
  for await (const items of readSegment(path))
    for (const item of items) if (!('damaged' in item) && item.kind !== 'event') return item.receivedAtUs;
  return 0;
}
