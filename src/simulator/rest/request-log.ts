/** Which requests and refused handshakes came, bounded. */
const KEPT = 10_000;

export interface LoggedRequest {
  readonly url: string;
  readonly status: number;
  /** Milliseconds since the epoch by the machine. */
  readonly atMs: number;
}

export class RequestLog {
  readonly #byPath = new Map<string, number>();
  #last: LoggedRequest[] = [];

  get byPath(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#byPath);
  }

  get last(): readonly LoggedRequest[] {
    return this.#last.slice();
  }

  add(request: LoggedRequest): void {
    const path = request.url.split('?')[0] ?? '';
    this.#byPath.set(path, (this.#byPath.get(path) ?? 0) + 1);
    this.#last.push(request);
    if (this.#last.length > 2 * KEPT) this.#last = this.#last.slice(-KEPT);
  }
}
