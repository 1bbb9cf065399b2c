/** Which ids of a symbol's aggregate trades were received: up to where without a gap, and what stands beyond one. */

/** `to` is exclusive. */
interface IdRange {
  from: number;
  to: number;
}

export class TradeIds {
  readonly #first: number;
  #next: number;
  /** Apart from one another, ascending. A long gap costs one of them, however much goes on behind it. */
  readonly #beyond: IdRange[] = [];

  /** @param next every id from `first` to before it was received. @param first before it may lie what is not known. */
  constructor(next: number, first = next) {
    this.#first = first;
    this.#next = next;
  }

  get first(): number {
    return this.#first;
  }

  get next(): number {
    return this.#next;
  }

  /** The first id received beyond the first gap; undefined: nothing is missing. */
  get gapEnd(): number | undefined {
    return this.#beyond[0]?.from;
  }

  take(id: number): void {
    if (id < this.#next) return;
    if (id === this.#next) this.#moveTo(id + 1);
    else this.#addBeyond(id);
  }

  /** Goes past a gap that nobody can fill. */
  skipGap(): void {
    const end = this.gapEnd;
    if (end !== undefined) this.#moveTo(end);
  }

  /** What was received before `first`; ascending, apart from one another. What lies between is missing. */
  takeEarlier(ranges: readonly Readonly<IdRange>[]): void {
    const [oldest, ...later] = ranges;
    if (oldest === undefined) return;
    const known = later.map(({ from, to }) => ({ from, to }));
    this.#beyond.unshift(...known, { from: this.#first, to: this.#next });
    this.#moveTo(oldest.to);
    const last = known.at(-1);
    if (last?.to !== this.#first) return;
    // What goes on without a gap is one.
    last.to = this.#beyond[known.length]?.to ?? last.to;
    this.#beyond.splice(known.length, 1);
  }

  #moveTo(next: number): void {
    this.#next = next;
    const [first] = this.#beyond;
    if (first === undefined || first.from > next) return;
    this.#next = first.to;
    this.#beyond.shift();
  }

  /** From the end: what comes is nearly always the newest. */
  #addBeyond(id: number): void {
    const ranges = this.#beyond;
    let at = ranges.length - 1;
    while (at >= 0 && (ranges[at]?.from ?? 0) > id) at--;
    const before = ranges[at];
    const after = ranges[at + 1];
    if (before !== undefined && id < before.to) return;
    if (before !== undefined && before.to === id) {
      before.to = id + 1;
      if (after?.from !== id + 1) return;
      before.to = after.to;
      ranges.splice(at + 1, 1);
    } else if (after?.from === id + 1) after.from = id;
    else ranges.splice(at + 1, 0, { from: id, to: id + 1 });
  }
}
