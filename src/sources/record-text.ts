import type { PollInfo, SpoolRecord } from '../spool/segments/record.ts';

/** The payload of a record as text; bytes that are no UTF-8 become U+FFFD. */
export function recordText({ payload }: Pick<SpoolRecord, 'payload'>): string {
  return Buffer.isBuffer(payload) ? payload.toString() : Buffer.from(payload).toString();
}

/** A spooled response: what was asked, and the body as it came. */
export function readResponse({ payload }: SpoolRecord): {
  readonly request: PollInfo;
  readonly body: string;
} {
  const lineEnd = payload.indexOf(10);
  const { request } = JSON.parse(recordText({ payload: payload.subarray(0, lineEnd) })) as {
    request: PollInfo;
  };
  return { request, body: recordText({ payload: payload.subarray(lineEnd + 1) }) };
}
