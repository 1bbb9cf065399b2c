/**
 * The keys of recent liquidations, so that a second delivery is dropped: the other socket's, or a resend after a
 * reconnect. Keys of a segment are staged and join the window only after its commit, so that a failed commit leaves
 * nothing behind.
 */

/** About 150 MB. The market needs a few thousand; only a flood reaches it, and then the oldest keys go first. */
const MAX_KEYS = 1_000_000;

export class DuplicateWindow {
  readonly #lengthUs: number;
  readonly #maxKeys: number;
  /** Key → when it was last received; in the order of receipt, oldest first. */
  readonly #keys = new Map<string, number>();

  constructor(lengthMs: number, maxKeys = MAX_KEYS) {
    this.#lengthUs = lengthMs * 1000;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Whether the key was received less than the window's length before `receivedAtUs`. */
  has(key: string, receivedAtUs: number): boolean {
    const seenAtUs = this.#keys.get(key);
    return seenAtUs !== undefined && receivedAtUs - seenAtUs <= this.#lengthUs;
  }

  /** Takes keys in, in the order of receipt, and forgets those that are too old or too many now. */
  accept(keys: Iterable<readonly [key: string, receivedAtUs: number]>): void {
    let newestUs = 0;
    for (const [key, receivedAtUs] of keys) {
      const { size } = this.#keys;
      this.#keys.set(key, receivedAtUs);
      // One that was there stands at its old place.
      if (this.#keys.size === size && this.#keys.delete(key)) this.#keys.set(key, receivedAtUs);
      newestUs = Math.max(newestUs, receivedAtUs);
    }
    for (const [key, seenAtUs] of this.#keys) {
      if (newestUs - seenAtUs <= this.#lengthUs && this.#keys.size <= this.#maxKeys) break;
      this.#keys.delete(key);
    }
  }
}
