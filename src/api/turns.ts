/**
 * Lets what takes milliseconds be done once a turn of the event loop, in the order in which it was asked for. Where fifty
 * answers are written in one turn, what the sockets did not take at once waits for all of them, again and again.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #isDue = false;

  take(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#next();
    });
  }

  #next(): void {
    if (this.#isDue || this.#waiting.length === 0) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#waiting.shift()?.();
      this.#next();
    });
  }
}
