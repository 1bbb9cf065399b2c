/** Answers as bytes, by question and versions: the same question on the same versions has the same answer for ever. */
export interface Answer {
  /** Bytes in pieces, which may be pieces of what others hold as well: they are never changed. */
  readonly parts: readonly Buffer[];
  readonly headers: Readonly<Record<string, string>>;
  /** How many send it; with the last of them the pieces are free. */
  users: number;
}

interface Making {
  readonly answer: Promise<Answer>;
  users: number;
}

/**
 * Kept from the first time on. A larger one is kept when it is asked for again: where every question is another one, copies
 * that nobody asks for would be most of what the server does with its memory.
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

  /** Who asks for what is being made waits for that. */
  async getOrMake(key: string, make: () => Promise<Answer>): Promise<Answer> {
    const known = this.get(key);
    if (known !== undefined) return known;
    const others = this.#making.get(key);
    if (others !== undefined) {
      others.users++;
      return others.answer;
    }
    const making = { answer: make(), users: 1 };
    this.#making.set(key, making);
    try {
      const answer = await making.answer;
      answer.users = making.users;
      this.#set(key, answer);
      return answer;
    } finally {
      this.#making.delete(key);
    }
  }

  #set(key: string, { parts, headers }: Answer): void {
    const size = sizeOf(key, parts);
    if (size > this.#maxBytes / 4 || (size > SMALL_BYTES && !this.#isAskedAgain(key))) return;
    this.#remove(key);
    // A copy: pieces of something larger would keep all of it.
    this.#answers.set(key, { parts: [Buffer.concat(parts)], headers, users: 1 });
    this.#bytes += size;
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
    this.#bytes -= sizeOf(key, answer.parts);
  }
}

function sizeOf(key: string, parts: readonly Buffer[]): number {
  return parts.reduce((sum, { length }) => sum + length, key.length * 2);
}
