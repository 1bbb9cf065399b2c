/**
 * Request weight of the running minute, by host: what the exchange says in `X-MBX-USED-WEIGHT-1M`, or what we have
 * asked for ourselves where it says less. Source: Binance REST API, "IP Limits".
 */
const MINUTE_MS = 60_000;
/** Part of the limit that is left to other programs on this address. */
const SHARE = 0.8;

export class WeightBudget {
  readonly #limit: number;
  readonly #used = new Map<string, { minute: number; weight: number }>();

  /** @param limit weight a minute and address: 6000 on spot, 2400 on futures. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Milliseconds to wait before `weight` more may be asked of the host; 0 when it fits. */
  waitMs(host: string, weight: number, nowMs: number): number {
    const used = this.#of(host, nowMs);
    return used.weight > 0 && used.weight + weight > this.#limit * SHARE
      ? MINUTE_MS - (nowMs % MINUTE_MS)
      : 0;
  }

  spend(host: string, weight: number, nowMs: number): void {
    this.#of(host, nowMs).weight += weight;
  }

  /** Takes the exchange's own count, which includes what others on this address asked for. */
  observe(host: string, header: string | undefined, nowMs: number): void {
    const weight = Number(header);
    const used = this.#of(host, nowMs);
    if (Number.isFinite(weight)) used.weight = Math.max(used.weight, weight);
  }

  #of(host: string, nowMs: number): { minute: number; weight: number } {
    const minute = Math.floor(nowMs / MINUTE_MS);
    let used = this.#used.get(host);
    if (used?.minute !== minute) {
      used = { minute, weight: 0 };
      this.#used.set(host, used);
    }
    return used;
  }
}
