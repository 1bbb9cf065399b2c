/**
 * What a feed says while it runs: one union for all of its layers. Inside, each layer hands an event to the one above it
 * by a call, so that a state and what follows from it are never apart; at its border a feed is an async iterable
 * (`FeedQueue`), which waits for its reader.
 */
import type { ConnectionState } from './connection-machine.ts';
import type { FrameKind } from './feed-spec.ts';

/** A frame as it came, control frames too. */
export interface FeedMessage {
  readonly type: 'message';
  readonly connection: string;
  readonly data: Buffer;
  readonly isBinary: boolean;
  /** Microseconds since the epoch. */
  readonly receivedAtUs: number;
  readonly kind: FrameKind;
}

/** What one socket says. */
export type SocketEvent =
  | FeedMessage
  /** Stands behind the frames that came before it: who has those safe calls `answer`, which sends the pong. */
  | { readonly type: 'ping'; readonly connection: string; readonly answer: () => void }
  /** `waiting` and `stopped` are the end of a socket, after which nothing follows. */
  | {
      readonly type: 'state';
      readonly connection: string;
      readonly state: ConnectionState;
      readonly reason: string;
    }
  /** The venue does not know some of the topics: they are left out until the plan changes. */
  | {
      readonly type: 'refused-topics';
      readonly connection: string;
      readonly topics: readonly string[];
      readonly reason: string;
    };

/** What a connection says that is opened again and again. */
export type ConnectionFeedEvent =
  | SocketEvent
  /** The first data came after all was acknowledged, or came again after `disconnected`. */
  | { readonly type: 'connected'; readonly connection: string; readonly url: string }
  /** No socket listens any more in its place. Also of one that brought messages but never data. */
  | { readonly type: 'disconnected'; readonly connection: string; readonly reason: string };

/** What a group of connections says that deliver the same. */
export type FeedEvent =
  | ConnectionFeedEvent
  /** Once when the silence is noticed, and again when a connection comes back while it lasts. */
  | { readonly type: 'unproven'; readonly group: string; readonly sinceUs: number };

export type Emit<Event> = (event: Event) => void;
