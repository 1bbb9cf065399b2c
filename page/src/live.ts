/**
 * The live stream: one socket for all views. After a cut it connects again with growing pauses and goes on from the last
 * message of each channel; what the server cannot resume comes as a new snapshot.
 */
import { token } from './token.ts';

export interface LiveMessage {
  readonly type: 'snapshot' | 'update';
  readonly channel: string;
  readonly seq: number;
  readonly data: unknown;
}

export type LiveState = 'live' | 'connecting' | 'off';

interface Subscription {
  readonly request: Readonly<Record<string, string>>;
  readonly listener: (message: LiveMessage) => void;
  sinceSeq: number | undefined;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

export class Live {
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #onState: (state: LiveState) => void;
  #socket: WebSocket | undefined;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(onState: (state: LiveState) => void) {
    this.#onState = onState;
  }

  /** @returns what ends the subscription. */
  subscribe(request: Readonly<Record<string, string>>, listener: (message: LiveMessage) => void): () => void {
    const key = keyOf(request);
    this.#subscriptions.set(key, { request, listener, sinceSeq: undefined });
    if (this.#socket === undefined) this.connect();
    else if (this.#socket.readyState === WebSocket.OPEN) this.#send({ type: 'subscribe', ...request });
    return () => {
      this.#subscriptions.delete(key);
      if (this.#socket?.readyState === WebSocket.OPEN) this.#send({ type: 'unsubscribe', ...request });
    };
  }

  connect(): void {
    this.#onState('connecting');
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#pauseMs = FIRST_PAUSE_MS;
      const known = token.get();
      if (known !== undefined) this.#send({ type: 'auth', token: known });
      for (const { request, sinceSeq } of this.#subscriptions.values()) {
        this.#send({
          type: 'subscribe',
          ...request,
          ...(sinceSeq === undefined ? {} : { since_seq: sinceSeq }),
        });
      }
      this.#onState('live');
    });
    socket.addEventListener('message', ({ data }) => this.#message(String(data)));
    socket.addEventListener('close', () => {
      this.#onState('off');
      setTimeout(() => this.connect(), this.#pauseMs * (0.5 + Math.random()));
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    });
  }

  #message(text: string): void {
    const message = JSON.parse(text) as LiveMessage & Readonly<Record<string, unknown>>;
    if (message.type !== 'snapshot' && message.type !== 'update') return;
    for (const subscription of this.#subscriptions.values()) {
      if (!isFor(subscription.request, message)) continue;
      subscription.sinceSeq = message.seq;
      subscription.listener(message);
    }
  }

  #send(message: unknown): void {
    this.#socket?.send(JSON.stringify(message));
  }
}

function keyOf(request: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(request).sort());
}

/** A message may leave out what its channel does not need; what it names must be what was asked for. */
function isFor(
  request: Readonly<Record<string, string>>,
  message: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(request).every(
    ([name, value]) => message[name] === undefined || message[name] === value,
  );
}
