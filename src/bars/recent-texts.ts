/**
 * The newest texts, in memory that the garbage collector does not walk: of many thousand bars one needs its text again. What
 * is older than some thousand texts, or longer than a frame is, is gone.
 */
const SLOTS = 8192;
const SLOT_BYTES = 512;

export class RecentTexts {
  #bytes: Buffer | undefined;
  readonly #lengths = new Uint16Array(SLOTS);
  #count = 0;

  /** @returns by which number it is found. */
  keep(text: Uint8Array): number {
    const slot = this.#count % SLOTS;
    this.#lengths[slot] = text.length <= SLOT_BYTES ? text.length : 0;
    if (text.length <= SLOT_BYTES) {
      this.#bytes ??= Buffer.allocUnsafeSlow(SLOTS * SLOT_BYTES);
      this.#bytes.set(text, slot * SLOT_BYTES);
    }
    return this.#count++;
  }

  get(number: number): string | undefined {
    const slot = number % SLOTS;
    const length = this.#lengths[slot] ?? 0;
    if (length === 0 || this.#count - number > SLOTS) return undefined;
    return this.#bytes?.toString('utf8', slot * SLOT_BYTES, slot * SLOT_BYTES + length);
  }
}
