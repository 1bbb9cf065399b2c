/**
 * One stream of messages with a sequence: each is made into text once, whoever reads it, and the newest stay for those
 * who come back. What changes faster than a second keeps its newest value alone.
 */
export interface ChannelMessage {
  readonly seq: number;
  /** As it goes to every reader. */
  readonly text: string;
  /** What a newer message of the same key makes worthless; undefined for one that must not be lost. */
  readonly latestKey: string | undefined;
}

export type ChannelListener = (message: ChannelMessage) => void;

const KEPT_MESSAGES = 1000;
const KEPT_CHARS = 2 ** 20;
const CONFLATE_MS = 1000;

export class Channel {
  readonly name: string;
  /** What a reader named when subscribing; every message repeats it. */
  readonly facts: Readonly<Record<string, string>>;
  readonly #listeners = new Set<ChannelListener>();
  readonly #kept: ChannelMessage[] = [];
  #keptChars = 0;
  #seq: number;
  readonly #waiting = new Map<string, unknown>();
  #timer: NodeJS.Timeout | undefined;
  #idleSinceMs: number | undefined = performance.now();
  conflated = 0;
  /** Whether a snapshot was read: from then on nothing is missed. */
  isBegun = false;

  /** @param firstSeq above that of an earlier run, so that a reader of then is noticed. */
  constructor(name: string, facts: Readonly<Record<string, string>>, firstSeq: number) {
    this.name = name;
    this.facts = facts;
    this.#seq = firstSeq;
  }

  get seq(): number {
    return this.#seq;
  }

  get readers(): number {
    return this.#listeners.size;
  }

  /** How long nobody has read it. */
  idleMs(nowMs: number): number {
    return this.#idleSinceMs === undefined ? 0 : nowMs - this.#idleSinceMs;
  }

  listen(listener: ChannelListener): () => void {
    this.#listeners.add(listener);
    this.#idleSinceMs = undefined;
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#idleSinceMs ??= performance.now();
    };
  }

  /** A message that every reader gets. */
  publish(data: unknown, latestKey?: string): void {
    const seq = ++this.#seq;
    const text = JSON.stringify({ type: 'update', ...this.facts, seq, data });
    const message = { seq, text, latestKey };
    this.#keep(message);
    for (const listener of this.#listeners) listener(message);
  }

  /** A value that replaces the one before with this key: at most one a second goes out. */
  publishLatest(key: string, data: unknown): void {
    if (this.#waiting.has(key)) this.conflated++;
    this.#waiting.set(key, data);
    this.#timer ??= setTimeout(() => this.#flush(), CONFLATE_MS).unref();
  }

  /** A value that is no longer true, such as the forming bar of a minute that closed. */
  forget(key: string): void {
    this.#waiting.delete(key);
  }

  /** Leaves a number out: who reads on sees that something is missing, and who comes back gets a snapshot. */
  skip(): void {
    this.#seq++;
    this.#kept.length = 0;
    this.#keptChars = 0;
  }

  /** @returns what came after a message; undefined when some of it is no longer kept. */
  since(seq: number): readonly ChannelMessage[] | undefined {
    if (seq > this.#seq) return undefined;
    const firstKept = this.#seq - this.#kept.length;
    return seq < firstKept ? undefined : this.#kept.slice(seq - firstKept);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  #flush(): void {
    this.#timer = undefined;
    for (const [key, data] of this.#waiting) this.publish(data, key);
    this.#waiting.clear();
  }

  #keep(message: ChannelMessage): void {
    this.#kept.push(message);
    this.#keptChars += message.text.length;
    while (this.#kept.length > KEPT_MESSAGES || this.#keptChars > KEPT_CHARS) {
      this.#keptChars -= this.#kept.shift()?.text.length ?? 0;
    }
  }
}
