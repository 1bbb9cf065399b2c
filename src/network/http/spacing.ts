/** One request at a time, with a pause after each, for a venue that wants it so. */
import { setTimeout as sleep } from 'node:timers/promises';

export class Spacing {
  readonly #pauseMs: number;
  #last: Promise<void> = Promise.resolve();

  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /**
   * Waits for its turn.
   * @returns to be called when the request is over: the next one waits from then on.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    const before = this.#last;
    let over: () => void = () => undefined;
    const request = new Promise<void>((resolve) => {
      over = resolve;
    });
    // A process that ends does not wait for a pause that nobody sits out.
    this.#last = Promise.all([before, request]).then(() => sleep(this.#pauseMs, undefined, { ref: false }));
    try {
      await Promise.race([before, aborted(signal)]);
      signal.throwIfAborted();
    } catch (error) {
      over();
      throw error;
    }
    return over;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
