/**
 * What a feed tells while it runs. Calls, not an async iterable: a frame has to be handed to the system in the turn of
 * the event loop in which it came in, or a killed process loses it, and an iterable hands it over when its consumer is
 * next awake. One object goes through all layers as it is.
 */
import type { ConnectionState } from './connection-machine.ts';
import type { FrameKind } from './feed-spec.ts';

export interface FeedListener {
  /** `receivedAtUs`: microseconds since the epoch. */
  onMessage(connection: string, data: Buffer, isBinary: boolean, receivedAtUs: number, kind: FrameKind): void;
  /** The first data came after all was acknowledged, or came again after `onDisconnected`. */
  onConnected(connection: string, url: string): void;
  /** No socket listens any more in its place. Also of one that brought messages but never data. */
  onDisconnected(connection: string, reason: string): void;
  onState(connection: string, state: ConnectionState, reason: string): void;
  /** The venue does not know some of the topics: they are left out until the plan changes. */
  onRefusedTopics(connection: string, topics: readonly string[], reason: string): void;
}

/** What a whole group tells beside that. */
export interface GroupListener extends FeedListener {
  /** Once when the silence is noticed, and again when a connection comes back while it lasts. */
  onUnproven(group: string, sinceUs: number): void;
}
