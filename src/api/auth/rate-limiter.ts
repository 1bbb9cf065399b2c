/** How often each key may do something in a minute. Bounded: whoever floods with keys loses the oldest ones' counts. */
export class RateLimiter {
  readonly #perMinute: number;
  readonly #nowMs: () => number;
  readonly #windows = new Map<string, { count: number; readonly endsMs: number }>();

  constructor(perMinute: number, nowMs: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#nowMs = nowMs;
  }

  /** Counts one. @returns undefined when it may go on, else the seconds to wait. */
  take(key: string): number | undefined {
    const window = this.#window(key);
    window.count++;
    return this.#wait(window);
  }

  /** Takes one back: it should not have counted. */
  giveBack(key: string): void {
    const window = this.#windows.get(key);
    if (window && window.count > 0) window.count--;
  }

  #wait(window: { count: number; readonly endsMs: number }): number | undefined {
    return window.count > this.#perMinute ? seconds(window, this.#nowMs()) : undefined;
  }

  #window(key: string) {
    const nowMs = this.#nowMs();
    const known = this.#windows.get(key);
    if (known && known.endsMs > nowMs) return known;
    this.#windows.delete(key);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size >= MAX_KEYS && oldest !== undefined) this.#windows.delete(oldest);
    const window = { count: 0, endsMs: nowMs + WINDOW_MS };
    this.#windows.set(key, window);
    return window;
  }
}

function seconds({ endsMs }: { readonly endsMs: number }, nowMs: number): number {
  return Math.max(1, Math.ceil((endsMs - nowMs) / 1000));
}

const WINDOW_MS = 60_000;
const MAX_KEYS = 20_000;
