/** One poll: the requests of a source, one after another, as records for the spool. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PollSpec, Selection } from '../sources/poll-spec.ts';
import type { PollInfo, SpoolRecord } from '../spool/segments/record.ts';
import type { VenueNetwork } from './venue-network.ts';

/** The name of a connection that asks instead of listening. */
export const POLL_CONNECTION = 'rest';

/** Yields each answer when it is there. @throws LakeError EXCHANGE_… */
export async function* pollSource(
  poll: PollSpec,
  { rest, addresses }: VenueNetwork,
  selection: Selection,
  scheduledAtUs: number,
  signal: AbortSignal,
): AsyncGenerator<{ readonly record: SpoolRecord; readonly body: string }> {
  let isFirst = true;
  for (const { url, weight, info } of poll.requests(addresses, selection)) {
    if (!isFirst && poll.pauseMs) await sleep(poll.pauseMs, undefined, { signal });
    isFirst = false;
    const { body, startedAtUs, receivedAtUs } = await rest.get(url, weight, signal);
    const request: PollInfo = { ...info, scheduledAtUs, startedAtUs };
    const payload = Buffer.from(`${JSON.stringify({ request })}\n${body}`);
    yield { record: { kind: 'response', receivedAtUs, connection: POLL_CONNECTION, payload }, body };
  }
}
