/** What the hosts that were asked have answered since the start: for metrics. */
export interface HostCount {
  /** The last address that was asked. */
  readonly url: string;
  /** Time of all requests, in seconds. */
  readonly seconds: number;
  /** Requests by status; `none` where no answer came. */
  readonly statuses: ReadonlyMap<string, number>;
}

export class HostCounts {
  readonly #hosts = new Map<
    string,
    { url: string; seconds: number; readonly statuses: Map<string, number> }
  >();

  get all(): ReadonlyMap<string, HostCount> {
    return this.#hosts;
  }

  /** Counts what an attempt comes to. */
  async of<T extends { readonly status: number }>(url: string, attempt: Promise<T>): Promise<T> {
    const { host } = new URL(url);
    const count = this.#hosts.get(host) ?? { url, seconds: 0, statuses: new Map<string, number>() };
    this.#hosts.set(host, count);
    count.url = url;
    const begunMs = performance.now();
    let status = 'none';
    try {
      const answer = await attempt;
      status = String(answer.status);
      return answer;
    } finally {
      count.seconds += (performance.now() - begunMs) / 1000;
      count.statuses.set(status, (count.statuses.get(status) ?? 0) + 1);
    }
  }
}
