/**
 * A feed as its reader sees it: an async iterable of what came, in order. A waiting reader is woken in the microtasks of
 * the turn of the event loop in which something came, before the loop goes on: what it hands to the system then is as
 * safe from a kill as by a call. When a frame comes while the reader is busy with others, no socket is read until it
 * asks again: the exchange feels it when its own buffers are full.
 */
import type { Clock } from '../../base/clock.ts';
import type { Emit, FeedEvent } from './feed-event.ts';

/** No socket was read for so long, because the reader was busy. What had come before stands before it. */
export interface PauseEvent {
  readonly type: 'paused';
  readonly forMs: number;
}

export interface FeedQueueOptions {
  readonly clock: Clock;
  readonly pause: () => void;
  readonly resume: () => void;
}

export class FeedQueue implements AsyncIterable<readonly (FeedEvent | PauseEvent)[]> {
  readonly #options: FeedQueueOptions;
  #events: (FeedEvent | PauseEvent)[] = [];
  /**
   * What the reader was given last. Both lists live as long as the queue: V8 comes to put lists that are made anew here
   * into its old generation (allocation-site pretenuring), and each would hold its frames until a full collection.
   */
  #given: (FeedEvent | PauseEvent)[] = [];
  /** Of a reader that waits; undefined once it was woken. */
  #wake: (() => void) | undefined;
  #isBusy = true;
  #pausedMs: number | undefined;
  #isEnded = false;

  constructor(options: FeedQueueOptions) {
    this.#options = options;
  }

  readonly push: Emit<FeedEvent> = (event) => {
    this.#events.push(event);
    if (this.#isBusy) this.#holdBack(event);
    else this.#wakeReader();
  };

  /** Nothing follows: the reader gets what is left, and its loop ends. */
  end(): void {
    this.#isEnded = true;
    this.#wakeReader();
  }

  /** For one reader. Each step gives all that came since the last one; the next step empties the list. */
  async *[Symbol.asyncIterator](): AsyncGenerator<readonly (FeedEvent | PauseEvent)[]> {
    for (;;) {
      this.#readAgain();
      if (this.#events.length === 0) {
        if (this.#isEnded) return;
        this.#isBusy = false;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#isBusy = true;
      }
      const events = this.#events;
      this.#events = this.#given;
      this.#given = events;
      if (events.length > 0) yield events;
      events.length = 0;
    }
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #holdBack(event: FeedEvent): void {
    if (event.type !== 'message' || this.#pausedMs !== undefined) return;
    this.#pausedMs = this.#options.clock.monotonicMs();
    this.#options.pause();
  }

  #readAgain(): void {
    if (this.#pausedMs === undefined) return;
    const { clock, resume } = this.#options;
    this.#events.push({ type: 'paused', forMs: clock.monotonicMs() - this.#pausedMs });
    this.#pausedMs = undefined;
    resume();
  }
}
