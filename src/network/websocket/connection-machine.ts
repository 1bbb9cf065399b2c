/**
 * The life of one WebSocket connection as a pure state machine. A missing case does not compile.
 *
 *     waiting ──dial──▶ connecting ──opened──▶ subscribed ──message──▶ listening ◀─message─┐
 *        ▲                  │                      │                      │  │            │
 *        │                failed            silent/closed               │  └─quiet─▶ suspect
 *        │                  ▼                      ▼                      │             │
 *        └───────────────── the connection is gone ◀──── closed ─────────┘◀──silent────┘
 *
 *     listening ──rotate──▶ rotating (its replacement is on the way; it still listens) ──replaced──▶ stopped
 *     rotating ──kept──▶ listening (the replacement failed)
 *     any ──stop──▶ stopped
 */
export type ConnectionState =
  | 'waiting'
  | 'connecting'
  | 'subscribed'
  | 'listening'
  | 'suspect'
  | 'rotating'
  | 'stopped';

export type ConnectionEvent =
  /** The back-off is over. */
  | 'dial'
  /** The handshake succeeded; nothing has arrived yet. */
  | 'opened'
  /** The canary or a liquidation arrived; acknowledgements prove nothing. */
  | 'message'
  /** No message for longer than the canary's pause allows, but not long enough to give up. */
  | 'quiet'
  /** No message for so long that the connection is worthless. */
  | 'silent'
  /** The handshake failed, or the socket closed. */
  | 'gone'
  /** It is old, or the server says that it will close: a replacement has to come first. */
  | 'rotate'
  /** Its replacement is listening. */
  | 'replaced'
  /** Its replacement failed: it goes on. */
  | 'kept'
  | 'stop';

const TABLE: Readonly<Record<ConnectionState, Readonly<Record<ConnectionEvent, ConnectionState>>>> = {
  waiting: {
    dial: 'connecting',
    opened: 'waiting',
    message: 'waiting',
    quiet: 'waiting',
    silent: 'waiting',
    gone: 'waiting',
    rotate: 'waiting',
    replaced: 'stopped',
    kept: 'waiting',
    stop: 'stopped',
  },
  connecting: {
    dial: 'connecting',
    opened: 'subscribed',
    message: 'connecting',
    quiet: 'connecting',
    silent: 'waiting',
    gone: 'waiting',
    rotate: 'connecting',
    replaced: 'stopped',
    kept: 'connecting',
    stop: 'stopped',
  },
  subscribed: {
    dial: 'subscribed',
    opened: 'subscribed',
    message: 'listening',
    quiet: 'subscribed',
    silent: 'waiting',
    gone: 'waiting',
    rotate: 'subscribed',
    replaced: 'stopped',
    kept: 'subscribed',
    stop: 'stopped',
  },
  listening: {
    dial: 'listening',
    opened: 'listening',
    message: 'listening',
    quiet: 'suspect',
    silent: 'waiting',
    gone: 'waiting',
    rotate: 'rotating',
    replaced: 'stopped',
    kept: 'listening',
    stop: 'stopped',
  },
  suspect: {
    dial: 'suspect',
    opened: 'suspect',
    message: 'listening',
    quiet: 'suspect',
    silent: 'waiting',
    gone: 'waiting',
    rotate: 'rotating',
    replaced: 'stopped',
    kept: 'suspect',
    stop: 'stopped',
  },
  rotating: {
    dial: 'rotating',
    opened: 'rotating',
    message: 'rotating',
    quiet: 'rotating',
    silent: 'waiting',
    gone: 'waiting',
    rotate: 'rotating',
    replaced: 'stopped',
    kept: 'listening',
    stop: 'stopped',
  },
  stopped: {
    dial: 'stopped',
    opened: 'stopped',
    message: 'stopped',
    quiet: 'stopped',
    silent: 'stopped',
    gone: 'stopped',
    rotate: 'stopped',
    replaced: 'stopped',
    kept: 'stopped',
    stop: 'stopped',
  },
};

/** The state that follows; events that mean nothing in a state leave it as it is. */
export function nextState(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  return TABLE[state][event];
}

/** States in which messages are taken. */
export function isHearing(state: ConnectionState): boolean {
  return state === 'listening' || state === 'suspect' || state === 'rotating';
}
