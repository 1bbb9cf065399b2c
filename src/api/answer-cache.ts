/** Answers as bytes, by question and versions: the same question on the same versions has the same answer for ever. */
export interface CachedAnswer {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export class AnswerCache {
  readonly #maxBytes: number;
  /** Least recently used first. */
  readonly #answers = new Map<string, CachedAnswer>();
  readonly #making = new Map<string, Promise<CachedAnswer>>();
  #bytes = 0;
  hits = 0;
  misses = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): CachedAnswer | undefined {
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
  async getOrMake(key: string, make: () => Promise<CachedAnswer>): Promise<CachedAnswer> {
    const known = this.get(key);
    if (known !== undefined) return known;
    const making = this.#making.get(key) ?? make();
    if (this.#making.has(key)) return making;
    this.#making.set(key, making);
    try {
      const answer = await making;
      this.set(key, answer);
      return answer;
    } finally {
      this.#making.delete(key);
    }
  }

  set(key: string, answer: CachedAnswer): void {
    const size = answer.body.length + key.length * 2;
    if (size > this.#maxBytes / 4) return;
    this.#remove(key);
    this.#answers.set(key, answer);
    this.#bytes += size;
    for (const [oldest] of this.#answers) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    const answer = this.#answers.get(key);
    if (answer === undefined) return;
    this.#answers.delete(key);
    this.#bytes -= answer.body.length + key.length * 2;
  }
}
