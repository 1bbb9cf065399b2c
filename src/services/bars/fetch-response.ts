/** Asks for a piece of history within a share of the request weight; the answer becomes a record like anything received. */
import { setTimeout as sleep } from 'node:timers/promises';
import { closedPart } from '../../bars/closed-part.ts';
import type { Clock } from '../../base/clock.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { PollRequest } from '../../sources/poll-spec.ts';
import type { SpoolRecord } from '../../spool/segments/record.ts';
import type { VenueNetwork } from '../venue-network.ts';
import type { WeightShare } from './weight-share.ts';

interface Asker {
  readonly network: VenueNetwork;
  readonly clock: Clock;
  /** Resolves when the record is on the disk. */
  readonly append: (record: SpoolRecord) => Promise<void>;
}

/** @returns the body, once it is in the spool. @throws LakeError EXCHANGE_…, and of the spool. */
export async function fetchResponse(
  { network, clock, append }: Asker,
  share: WeightShare,
  { url, weight, info }: PollRequest,
  signal: AbortSignal,
): Promise<string> {
  const pool = network.venue.limits.pool(new URL(url));
  for (;;) {
    const waitMs = share.spend(pool, weight, clock.nowUs() / 1000);
    if (waitMs === 0) break;
    await sleep(waitMs, undefined, { signal });
  }
  const { body, startedAtUs, receivedAtUs, answeredAtUs } = await network.rest.get(url, weight, signal);
  const { history } = info;
  const request = {
    ...info,
    ...(history && { history: { ...history, ...closedPart(history, answeredAtUs) } }),
    scheduledAtUs: startedAtUs,
    startedAtUs,
  };
  const payload = Buffer.from(`${JSON.stringify({ request })}\n${body}`);
  // A disk that refuses must not hold up the end.
  await untilAborted(append({ kind: 'response', receivedAtUs, connection: 'rest', payload }), signal);
  signal.throwIfAborted();
  return body;
}
