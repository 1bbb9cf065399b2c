/** The topics of one socket: control frames go out one after another, and each answer is waited for. */
import type { FeedSpec } from './feed-spec.ts';

export class Subscription {
  readonly #frames: NonNullable<FeedSpec['subscription']>;
  readonly #send: (text: string) => void;
  #topics: readonly string[] = [];
  #queue: string[] = [];
  #unacknowledged = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(frames: NonNullable<FeedSpec['subscription']>, send: (text: string) => void) {
    this.#frames = frames;
    this.#send = send;
  }

  get topics(): readonly string[] {
    return this.#topics;
  }

  /** Nothing is on the way, and all answers have come. */
  get isAcknowledged(): boolean {
    return this.#unacknowledged === 0;
  }

  /** Subscribes what is new, and leaves what is gone. */
  set(topics: readonly string[]): void {
    const [before, after] = [new Set(this.#topics), new Set(topics)];
    const added = topics.filter((topic) => !before.has(topic));
    const gone = this.#topics.filter((topic) => !after.has(topic));
    this.#topics = topics;
    const control = [
      ...(gone.length > 0 ? this.#frames.unsubscribe(gone) : []),
      ...(added.length > 0 ? this.#frames.subscribe(added) : []),
    ];
    for (const { text, acks } of control) {
      this.#queue.push(text);
      this.#unacknowledged += acks;
    }
    if (this.#timer === undefined) this.#next();
  }

  acknowledged(): void {
    this.#unacknowledged = Math.max(0, this.#unacknowledged - 1);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#queue = [];
  }

  #next(): void {
    this.#timer = undefined;
    const text = this.#queue.shift();
    if (text === undefined) return;
    this.#send(text);
    this.#timer = setTimeout(() => this.#next(), this.#frames.pauseMs);
  }
}
