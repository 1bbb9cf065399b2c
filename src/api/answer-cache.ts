/** Answers as bytes, by question and versions: the same question on the same versions has the same answer for ever. */
import { Answer } from './answer.ts';

interface Making {
  readonly answer: Promise<Answer>;
  others: number;
}

/**
 * Kept from the first time on. A larger one is kept when it is asked for again: where every question is another one, answers
 * that nobody asks for would be most of what is in memory.
 */
const SMALL_BYTES = 16 * 1024;
/** Keys of larger answers that were made once. */
const REMEMBERED = 4096;

export class AnswerCache {
  readonly #maxBytes: number;
  /** Least recently used first. */
  readonly #answers = new Map<string, Answer>();
  readonly #making = new Map<string, Making>();
  readonly #askedOnce = new Set<string>();
  #bytes = 0;
  hits = 0;
  misses = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Answer | undefined {
    const answer = this.#answers.get(key);
    if (answer === undefined) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    return answer;
  }

  /** Who asks for what is being made waits for that. @returns the answer, held for who asks. */
  async getOrMake(key: string, make: () => Promise<Answer>): Promise<Answer> {
    const known = this.get(key);
    if (known !== undefined) return known.hold();
    const begun = this.#making.get(key);
    if (begun !== undefined) {
      begun.others++;
      return begun.answer;
    }
    const making = { answer: make(), others: 0 };
    this.#making.set(key, making);
    try {
      const answer = await making.answer;
      // For all who wait, before the first of them has sent it.
      for (let holder = 0; holder <= making.others; holder++) answer.hold();
      this.#set(key, answer);
      return answer;
    } finally {
      this.#making.delete(key);
    }
  }

  #set(key: string, answer: Answer): void {
    const { length } = answer;
    const isSmall = length <= SMALL_BYTES;
    if (length > this.#maxBytes / 4 || !(isSmall || this.#isAskedAgain(key))) return;
    this.#remove(key);
    // Small pieces of something larger would keep all of it.
    const kept = isSmall ? new Answer([Buffer.concat(answer.parts)], answer.headers) : answer;
    kept.isKept = true;
    this.#answers.set(key, kept.hold());
    this.#bytes += sizeOf(key, kept);
    for (const [oldest] of this.#answers) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#remove(oldest);
    }
  }

  #isAskedAgain(key: string): boolean {
    if (this.#askedOnce.delete(key)) return true;
    this.#askedOnce.add(key);
    if (this.#askedOnce.size > REMEMBERED) {
      const [oldest] = this.#askedOnce;
      this.#askedOnce.delete(oldest as string);
    }
    return false;
  }

  #remove(key: string): void {
    const answer = this.#answers.get(key);
    if (answer === undefined) return;
    this.#answers.delete(key);
    this.#bytes -= sizeOf(key, answer);
    answer.release();
  }
}

function sizeOf(key: string, answer: Answer): number {
  return key.length * 2 + (answer.length <= SMALL_BYTES ? answer.length : answer.heldBytes);
}
