/**
 * The orders of the recent past, so that a second delivery is dropped: the other socket's, or a resend after a
 * reconnect. Those of a segment are staged and join the window only after its commit, so that a failed commit leaves
 * nothing behind.
 *
 * A ring of entries in the order of receipt, and an open-addressing table that finds them by hash: plain memory that the
 * garbage collector does not walk. Nothing is deleted from the table: a place that points at an entry which the ring has
 * given to another order just does not match, and the table is written anew before it fills up.
 */
/**
 * 40 MB: with those that a segment stages, they stay below 2^20 entries. The market needs a few thousand; only a flood
 * reaches it, and then the oldest go first. That a new order is taken for one of them has a probability of 10^-32.
 */
const MAX_ORDERS = 900_000;
const MIN_CAPACITY = 1024;
/** Places a ring entry: half of them may be in use. */
const PLACES = 4;

export class DedupWindow {
  readonly #lengthUs: number;
  readonly #maxOrders: number;
  #hashes = new Uint32Array(0);
  #receivedAtUs = new Float64Array(0);
  /** Entry n lies at position n & mask. */
  #mask = -1;
  /** Position + 1 by place; 0 where there is none. */
  #table = new Int32Array(0);
  #used = 0;
  /** Entries are counted from the first one on; the oldest that is kept, the first that is staged, the next. */
  #oldest = 0;
  #staged = 0;
  #next = 0;

  constructor(lengthMs: number, maxOrders = MAX_ORDERS) {
    this.#lengthUs = lengthMs * 1000;
    this.#maxOrders = maxOrders;
    this.#resize(MIN_CAPACITY);
  }

  get size(): number {
    return this.#next - this.#oldest;
  }

  /**
   * Stages what has this hash of 128 bits, unless it is staged already or was received less than the window's length
   * before.
   * @returns whether it is new.
   */
  stage(hash: Uint32Array, receivedAtUs: number): boolean {
    const place = this.#placeOf(hash, 0);
    const known = this.#entryAt(place);
    if (known !== undefined) {
      const isRecent = receivedAtUs - (this.#receivedAtUs[known & this.#mask] ?? 0) <= this.#lengthUs;
      if (known >= this.#staged || (known >= this.#oldest && isRecent)) return false;
    }
    const position = this.#next++ & this.#mask;
    const [hashes, at] = [this.#hashes, position * 4];
    hashes[at] = hash[0] ?? 0;
    hashes[at + 1] = hash[1] ?? 0;
    hashes[at + 2] = hash[2] ?? 0;
    hashes[at + 3] = hash[3] ?? 0;
    this.#receivedAtUs[position] = receivedAtUs;
    this.#point(place, position);
    if (this.size > this.#mask) this.#resize(2 * this.size);
    else if (this.#used * 2 > this.#table.length) this.#index();
    return true;
  }

  /** What is staged is stored: it joins the window, which forgets orders that are too old or too many now. */
  accept(): void {
    let newestUs = 0;
    for (; this.#staged < this.#next; this.#staged++)
      newestUs = Math.max(newestUs, this.#receivedAtUs[this.#staged & this.#mask] ?? 0);
    const isOut = (entry: number) =>
      this.size > this.#maxOrders ||
      newestUs - (this.#receivedAtUs[entry & this.#mask] ?? 0) > this.#lengthUs;
    while (this.size > 0 && isOut(this.#oldest)) this.#oldest++;
    // After a flood.
    if (this.size * 8 < this.#mask && this.#mask >= MIN_CAPACITY) this.#resize((this.#mask + 1) / 2);
  }

  /** What is staged will not be stored. */
  discard(): void {
    if (this.#staged === this.#next) return;
    this.#next = this.#staged;
    this.#index();
  }

  /** Where in the table the hash stands, or has to be put. */
  #placeOf(hashes: Uint32Array, at: number): number {
    const last = this.#table.length - 1;
    for (let place = (hashes[at] ?? 0) & last; ; place = (place + 1) & last) {
      const entry = (this.#table[place] ?? 0) - 1;
      if (entry < 0) return place;
      const from = entry * 4;
      const isSame =
        this.#hashes[from] === hashes[at] &&
        this.#hashes[from + 1] === hashes[at + 1] &&
        this.#hashes[from + 2] === hashes[at + 2] &&
        this.#hashes[from + 3] === hashes[at + 3];
      if (isSame) return place;
    }
  }

  /** The newest entry that lay where the place points. */
  #entryAt(place: number): number | undefined {
    const pointer = this.#table[place] ?? 0;
    if (pointer === 0) return undefined;
    const newest = this.#next - 1;
    return newest - ((newest - (pointer - 1)) & this.#mask);
  }

  #point(place: number, position: number): void {
    if (this.#table[place] === 0) this.#used++;
    this.#table[place] = position + 1;
  }

  #resize(capacity: number): void {
    const hashes = new Uint32Array(capacity * 4);
    const receivedAtUs = new Float64Array(capacity);
    for (let entry = this.#oldest; entry < this.#next; entry++) {
      const [from, to] = [entry & this.#mask, entry & (capacity - 1)];
      hashes.set(this.#hashes.subarray(from * 4, from * 4 + 4), to * 4);
      receivedAtUs[to] = this.#receivedAtUs[from] ?? 0;
    }
    this.#hashes = hashes;
    this.#receivedAtUs = receivedAtUs;
    this.#mask = capacity - 1;
    this.#table = new Int32Array(capacity * PLACES);
    this.#index();
  }

  #index(): void {
    this.#table.fill(0);
    this.#used = 0;
    for (let entry = this.#oldest; entry < this.#next; entry++) {
      const position = entry & this.#mask;
      this.#point(this.#placeOf(this.#hashes, position * 4), position);
    }
  }
}
