/**
 * One reader of channels and its pace. Whoever is slow first loses what a newer value replaces, and gets the newest of
 * it later; whoever stays slow is closed. Nobody waits for anybody.
 */
import type { ChannelMessage } from './channel.ts';

export interface ReaderLine {
  /** Bytes that the reader has not taken yet. */
  readonly bufferedBytes: () => number;
  readonly send: (text: string) => void;
  readonly close: (reason: string) => void;
}

export interface ReaderLimits {
  readonly degradeBytes: number;
  readonly closeBytes: number;
  readonly closeAfterMs: number;
}

export const READER_LIMITS: ReaderLimits = {
  degradeBytes: 512 * 1024,
  closeBytes: 4 * 2 ** 20,
  closeAfterMs: 30_000,
};

export const TOO_SLOW = 'too slow';

export class LiveReader {
  readonly #line: ReaderLine;
  readonly #limits: ReaderLimits;
  readonly #nowMs: () => number;
  /** Newest values that did not fit, by channel and key. */
  readonly #latest = new Map<string, string>();
  #slowSinceMs: number | undefined;
  #isClosed = false;
  dropped = 0;
  sent = 0;

  constructor(line: ReaderLine, limits = READER_LIMITS, nowMs: () => number = () => performance.now()) {
    this.#line = line;
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  get isSlow(): boolean {
    return this.#slowSinceMs !== undefined;
  }

  deliver(channel: string, { text, latestKey }: ChannelMessage): void {
    if (this.#isClosed) return;
    const buffered = this.#line.bufferedBytes() + text.length;
    if (buffered > this.#limits.closeBytes) {
      this.#end();
      return;
    }
    if (buffered > this.#limits.degradeBytes) this.#degrade();
    if (this.#slowSinceMs !== undefined && latestKey !== undefined) {
      const key = `${channel}|${latestKey}`;
      if (this.#latest.has(key)) this.dropped++;
      this.#latest.set(key, text);
      return;
    }
    this.#send(text);
  }

  /** To be called now and then: ends what has been slow for long, or gives the newest values to who is quick again. */
  check(): void {
    if (this.#isClosed || this.#slowSinceMs === undefined) return;
    if (this.#line.bufferedBytes() < this.#limits.degradeBytes / 2) {
      this.#slowSinceMs = undefined;
      for (const text of this.#latest.values()) this.#send(text);
      this.#latest.clear();
    } else if (this.#nowMs() - this.#slowSinceMs > this.#limits.closeAfterMs) this.#end();
  }

  #degrade(): void {
    if (this.#slowSinceMs !== undefined) return;
    this.#slowSinceMs = this.#nowMs();
    this.#send(
      JSON.stringify({
        type: 'notice',
        code: 'SLOW_READER',
        hint: 'read faster, or subscribe to less: only the newest values come now',
      }),
    );
  }

  #send(text: string): void {
    this.sent++;
    this.#line.send(text);
  }

  #end(): void {
    this.#isClosed = true;
    this.#latest.clear();
    this.#line.close(TOO_SLOW);
  }
}
