/**
 * What the spool keeps: everything that came from outside, as it came, with the time it came. Turning records into
 * rows needs nothing else, so a replay gives the same rows.
 */

/**
 * - `frame`: a WebSocket text message, raw. `binary`: a WebSocket binary message, raw.
 * - `response`: one REST body; the payload is JSON `{"request": PollInfo}` + '\n' + the raw body.
 * - `event`: what the program itself noticed; the payload is the JSON of a SpoolEvent.
 */
import type { Facts } from '../../base/facts.ts';

export type RecordKind = 'frame' | 'binary' | 'response' | 'event';

export interface SpoolRecord {
  readonly kind: RecordKind;
  /** Microseconds since the epoch, UTC. */
  readonly receivedAtUs: number;
  /** Which connection: `ws-1`, `ws-2` (a slot, stable over reconnects), or `rest`. At most 255 bytes. */
  readonly connection: string;
  readonly payload: Uint8Array;
}

/** Which poll a response belongs to. Times in microseconds since the epoch. */
export interface PollInfo {
  readonly market: string;
  /** What the poll asked for, for people: `ticker/24hr`. */
  readonly stream: string;
  readonly scheduledAtUs: number;
  readonly startedAtUs: number;
  /** Whole minutes of one symbol's bars, `toUs` exclusive. */
  readonly history?: { readonly symbol: string; readonly fromUs: number; readonly toUs: number };
  /** Aggregate trades of one symbol by their ids, `toId` exclusive. */
  readonly trades?: { readonly symbol: string; readonly fromId: number; readonly toId: number };
  /** Symbols or quotes to keep; rows of others are dropped. Absent: keep all. */
  readonly keep?: { readonly quotes?: readonly string[]; readonly symbols?: readonly string[] };
}

export type SpoolEvent =
  /** The first record of each segment: what a span needs to know of the time before the segment. */
  | {
      readonly type: 'segment_opened';
      /** Per open connection: when its last message came, and whether liquidations had been silent too long. */
      readonly connections: ReadonlyArray<{
        readonly connection: string;
        readonly lastMessageAtUs: number;
        readonly unproven: boolean;
      }>;
      readonly clockOffsetUs?: number;
      /** What the venue said beside its data, by name, as last fetched. */
      readonly facts?: Facts;
      /** As version 0.1 wrote it. */
      readonly contractSizes?: Facts;
    }
  /** The segment was closed in good order: spans that reach its end go on in the next one. Missing after a crash. */
  | { readonly type: 'segment_closed' }
  | { readonly type: 'connected'; readonly url: string }
  /** The connection ended; `reason` is the coverage row's `end_reason`. */
  | { readonly type: 'disconnected'; readonly reason: string }
  /** Data alone has been silent too long since `sinceUs` on all connections of the record's group: not proven. */
  | { readonly type: 'unproven'; readonly sinceUs: number; readonly reason: string }
  | { readonly type: 'clock_offset'; readonly offsetUs: number }
  | { readonly type: 'fact'; readonly name: string; readonly value: unknown }
  /** As version 0.1 wrote it. */
  | { readonly type: 'contract_sizes'; readonly sizes: Facts }
  /** A poll that brought nothing, or polls that never ran (`missed` of them between the two times). */
  | {
      readonly type: 'poll_failed';
      readonly stream: string;
      readonly market?: string;
      readonly scheduledAtUs: number;
      readonly endedAtUs: number;
      readonly reason: string;
      readonly missed: number;
    };
