/** An answer as bytes, and who needs them still: with the last of them their memory is used for the next one. */
import { giveBack } from '../questions/recent/text-slabs.ts';

export class Answer {
  /** Bytes in pieces, which may be pieces of what others hold as well: they are never changed. */
  readonly parts: readonly Buffer[];
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the same question finds it again. */
  isKept = false;
  #holders = 0;

  constructor(parts: readonly Buffer[], headers: Readonly<Record<string, string>> = {}) {
    this.parts = parts;
    this.headers = headers;
  }

  get length(): number {
    return this.parts.reduce((sum, { length }) => sum + length, 0);
  }

  /** Memory that is not free before the answer is: of a piece of something larger, all of that. */
  get heldBytes(): number {
    return this.parts.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  /** Once for each {@link hold}. Who cannot tell whether its bytes are still read never calls it: the garbage collector can. */
  release(): void {
    this.#holders--;
    if (this.#holders === 0) giveBack(this.parts);
  }
}
