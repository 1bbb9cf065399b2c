/**
 * A recording as a market: a file with a JSON text a line, each a whole frame (raw or combined), an event without `E`,
 * or a bare `o` object. What is not a forced order is sent as it stands.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { LakeError } from '../../base/errors.ts';
import type { ForcedOrder } from './forced-order.ts';
import { EVENT_DELAY_MS, type MarketEvent } from './market-event.ts';

/** First and last trade time of a recording, in milliseconds since the epoch. */
export interface ReplaySpan {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** `T` of the orders is as recorded. @param speed Infinity: no waiting at all */
export async function* replayFile(path: string, speed: number): AsyncGenerator<MarketEvent, void, undefined> {
  let firstMs: number | undefined;
  let dueMs = 0;
  for await (const line of linesOf(path)) {
    const parsed = parseLine(line);
    if (parsed === undefined) {
      yield { dueMs, content: { kind: 'text', text: line } };
      continue;
    }
    firstMs ??= parsed.order.T;
    dueMs = Math.max(dueMs, (parsed.order.T - firstMs) / speed);
    yield { dueMs, content: { kind: 'order', ...parsed } };
  }
}

export async function replaySpan(path: string): Promise<ReplaySpan> {
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  for await (const line of linesOf(path)) {
    const order = parseLine(line)?.order;
    if (order === undefined) continue;
    firstMs = Math.min(firstMs, order.T);
    lastMs = Math.max(lastMs, order.T);
  }
  if (firstMs > lastMs)
    throw new LakeError('USAGE', `no forced orders in ${path}`, { hint: 'give NDJSON frames' });
  return { firstMs, lastMs };
}

async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  const lines = createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  try {
    for await (const line of lines) if (line !== '') yield line;
  } catch (cause) {
    throw new LakeError('USAGE', `cannot read the recording ${path}`, { hint: 'check the path', cause });
  }
}

function parseLine(line: string): { readonly order: ForcedOrder; readonly eventDelayMs: number } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const event = isObject(value.data) ? value.data : value;
  const order = isObject(event.o) ? event.o : event;
  if (typeof order.s !== 'string' || typeof order.T !== 'number' || typeof order.q !== 'string')
    return undefined;
  const eventDelayMs = typeof event.E === 'number' ? event.E - order.T : EVENT_DELAY_MS;
  return { order: order as unknown as ForcedOrder, eventDelayMs };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
