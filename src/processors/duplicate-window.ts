/**
 * The keys of recent liquidations, so that a second delivery is dropped: the other socket's, or a resend after a
 * reconnect. Keys of a segment are staged and join the window only after its commit, so that a failed commit leaves
 * nothing behind.
 */
export class DuplicateWindow {
  readonly #lengthUs: number;
  /** Key → when it was last received; in the order of receipt, oldest first. */
  readonly #keys = new Map<string, number>();

  constructor(lengthMs: number) {
    this.#lengthUs = lengthMs * 1000;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Whether the key was received less than the window's length before `receivedAtUs`. */
  has(key: string, receivedAtUs: number): boolean {
    const seenAtUs = this.#keys.get(key);
    return seenAtUs !== undefined && receivedAtUs - seenAtUs <= this.#lengthUs;
  }

  /** Takes keys in and forgets those that are too old now. */
  accept(keys: Iterable<readonly [key: string, receivedAtUs: number]>): void {
    let newestUs = 0;
    for (const [key, receivedAtUs] of keys) {
      this.#keys.delete(key);
      this.#keys.set(key, receivedAtUs);
      newestUs = Math.max(newestUs, receivedAtUs);
    }
    for (const [key, seenAtUs] of this.#keys) {
      if (newestUs - seenAtUs <= this.#lengthUs) break;
      this.#keys.delete(key);
    }
  }
}
