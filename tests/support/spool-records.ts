/** Records for tests of the spool, and what is in a segment. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DamagedRecord, readSegment } from '../../src/spool/segments/read-segment.ts';
import type { SpoolRecord } from '../../src/spool/segments/record.ts';

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'crypto-lake-spool-'));
}

export function frame(text: string, receivedAtUs = 1_700_000_000_000_000): SpoolRecord {
  return { kind: 'frame', receivedAtUs, connection: 'ws-1', payload: Buffer.from(text) };
}

export function event(type: string): SpoolRecord {
  return { kind: 'event', receivedAtUs: 1, connection: '', payload: Buffer.from(JSON.stringify({ type })) };
}

export interface SegmentContent {
  readonly records: SpoolRecord[];
  readonly damaged: DamagedRecord[];
}

export async function contentOf(path: string): Promise<SegmentContent> {
  const content: SegmentContent = { records: [], damaged: [] };
  for await (const items of readSegment(path)) {
    for (const item of items) {
      if ('damaged' in item) content.damaged.push(item);
      else content.records.push({ ...item, payload: Buffer.from(item.payload) });
    }
  }
  return content;
}

/** The payloads of a segment's records as text. */
export async function textsOf(path: string): Promise<string[]> {
  return (await contentOf(path)).records.map(({ payload }) => Buffer.from(payload).toString());
}

/** Waits for a condition, for at most `deadlineMs`. */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 10_000): Promise<void> {
  for (const endMs = performance.now() + deadlineMs; !(await condition()); ) {
    if (performance.now() > endMs) throw new Error('the condition did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
