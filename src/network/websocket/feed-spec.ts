/** What the connections have to know of a feed: where it is, how to subscribe, and what a frame is for. */
import type { Facts } from '../../base/facts.ts';

/**
 * What a frame is for, recognised by its first bytes: enough to watch a connection, nothing about what it means.
 *
 * - `data`: what the feed is listened to for. `tick`: shows that the connection lives (the canary). Both are spooled.
 * - `live`: as a tick, but not kept: it is for who looks on.
 * - `ack`, `refused`: the answer to one control frame. `pong`: to a keep-alive. None of them is kept.
 * - `shutdown`: the server says that it will close. `other`: whatever else, also nonsense. Both are spooled.
 */
export type FrameKind = 'data' | 'tick' | 'live' | 'ack' | 'refused' | 'pong' | 'shutdown' | 'other';

export interface ControlFrame {
  readonly text: string;
  /** How many answers of kind `ack` the venue gives to it. */
  readonly acks: number;
}

/** One or two sockets that deliver the same. */
export interface ConnectionPlan {
  /** Empty when there is one only, else unique. Connections are named `ws-1`, or `GROUP/ws-1`. */
  readonly group: string;
  readonly url: string;
  /** Subscribed by control frames; empty when the address says all. They may change while connected. */
  readonly topics: readonly string[];
  /** For a market that is silent for longer than others: multiplies the time after which silence is unproven. */
  readonly silenceFactor?: number;
}

export interface FeedSpec {
  /** The column `stream` of `coverage`. */
  readonly stream: string;
  /** What is listened for, for people: `liquidations`. */
  readonly dataName: string;
  /** What `doctor` calls its route. */
  readonly routeName: string;
  /** The setting that holds the address, for hints; what to know of it behind a colon. */
  readonly setting: string;
  readonly routeHint?: string;
  /** What to listen to. Called anew when a fact has changed. */
  plan(addresses: Readonly<Record<string, string>>, facts: Facts): readonly ConnectionPlan[];
  /** The markets whose data a group's connections bring: `coverage` has a row for each. */
  markets(group: string): readonly string[];
  /** Only the beginning of the frame counts. */
  classify(frame: Buffer): FrameKind;
  /** Listening begins when all of its frames are acknowledged. */
  readonly subscription?: {
    subscribe(topics: readonly string[]): readonly ControlFrame[];
    unsubscribe(topics: readonly string[]): readonly ControlFrame[];
    /** The least pause between two control frames. */
    readonly pauseMs: number;
  };
  readonly keepAlive?: { readonly text: string; readonly intervalMs: number };
  /** Long silence of data alone says that the route is dead. Not where data may be away for hours. */
  readonly isSilenceUnproven: boolean;
}

/** The group of a connection's name. */
export function groupOf(connection: string): string {
  const end = connection.lastIndexOf('/');
  return end < 0 ? '' : connection.slice(0, end);
}

export function connectionName(group: string, index: number): string {
  return `${group === '' ? '' : `${group}/`}ws-${index + 1}`;
}
