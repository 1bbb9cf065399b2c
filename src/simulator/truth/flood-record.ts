/** What each connection got of a flood: a range of order numbers, since every order on its own would fill the memory. */
export interface FloodRange {
  readonly connection: number;
  /** Number of the first order sent. */
  readonly from: number;
  /** Number behind the last order sent. */
  readonly to: number;
  /** Number behind the last order that has certainly arrived. */
  readonly confirmedTo: number;
}

export class FloodRecord {
  readonly #ranges = new Map<number, { readonly from: number; to: number; confirmedTo: number }>();

  get ranges(): readonly FloodRange[] {
    return [...this.#ranges].map(([connection, range]) => ({ connection, ...range }));
  }

  /** Orders that were sent to someone. */
  get distinct(): number {
    let distinct = 0;
    let coveredTo = 0;
    for (const { from, to } of this.ranges.toSorted((a, b) => a.from - b.from)) {
      distinct += Math.max(0, to - Math.max(from, coveredTo));
      coveredTo = Math.max(coveredTo, to);
    }
    return distinct;
  }

  /** A new connection goes on where the furthest one is. @returns the number of its first order */
  begin(connection: number): number {
    const from = Math.max(0, ...this.ranges.map(({ to }) => to));
    this.#ranges.set(connection, { from, to: from, confirmedTo: from });
    return from;
  }

  /** All orders before the number `to` were handed to the network. */
  sent(connection: number, to: number): void {
    const range = this.#ranges.get(connection);
    if (range !== undefined) range.to = to;
  }

  framesSent(connection: number): number {
    const range = this.#ranges.get(connection);
    return range === undefined ? 0 : range.to - range.from;
  }

  confirmed(connection: number, frames: number): void {
    const range = this.#ranges.get(connection);
    if (range !== undefined)
      range.confirmedTo = Math.max(range.confirmedTo, Math.min(range.to, range.from + frames));
  }
}
