/**
 * What other machines stored and no connection of this one brought, while it listened from 10 s before to 10 s after. They
 * store their rows up to some minutes later: then our listening and what we heard are still known here. What comes even
 * later, and what was heard before a restart, is not counted.
 */

import type { CoverageSpan } from './coverage-spans.ts';
import { keyOf, type Missed } from './frame-loss.ts';
import type { RecentKey } from './recent-keys.ts';

const WAIT_US = 10_000_000;
const KEEP_US = 10 * 60_000_000;
/** Only a flood reaches it: then the oldest are forgotten, and with them when we listened. */
const MAX_HEARD = 200_000;
/** Of a machine that others run ahead of by hours. */
const MAX_PENDING = 10_000;

type Listened = Pick<CoverageSpan, 'connection' | 'market' | 'startedAtUs' | 'endedAtUs'>;

export class MachineLoss {
  /** When something was heard last, by its key. */
  readonly #heard: Map<string, number>;
  readonly #counted: Map<string, number>;
  #spans: readonly Listened[] = [];
  /** Rows of others that came before the segment that says whether we listened. */
  #pending: readonly RecentKey[] = [];

  constructor(heard?: ReadonlyMap<string, number>, counted?: ReadonlyMap<string, number>) {
    this.#heard = new Map(heard);
    this.#counted = new Map(counted);
  }

  /** What a segment changes in the copy counts for nothing until the copy replaces this one. */
  copy(): MachineLoss {
    const copy = new MachineLoss(this.#heard, this.#counted);
    copy.#spans = this.#spans;
    copy.#pending = this.#pending;
    return copy;
  }

  heard(hash: Uint32Array, receivedAtUs: number): void {
    this.#heard.set(keyOf(hash), receivedAtUs);
    if (this.#heard.size <= MAX_HEARD) return;
    this.#heard.clear();
    this.#spans = [];
  }

  /** @param spans of the segment that ends. */
  listened(spans: readonly CoverageSpan[]): void {
    const joined = [...this.#spans];
    for (const { connection, market, state, startedAtUs, endedAtUs } of spans) {
      if (state !== 'listening') continue;
      const at = joined.findIndex(
        (one) => one.connection === connection && one.market === market && one.endedAtUs >= startedAtUs,
      );
      const before = joined[at];
      if (before === undefined) joined.push({ connection, market, startedAtUs, endedAtUs });
      else joined[at] = { ...before, endedAtUs: Math.max(before.endedAtUs, endedAtUs) };
    }
    const newestUs = joined.reduce((newest, { endedAtUs }) => Math.max(newest, endedAtUs), 0);
    const oldestUs = newestUs - KEEP_US;
    this.#spans = joined.flatMap(({ startedAtUs, ...span }) =>
      span.endedAtUs < oldestUs ? [] : [{ ...span, startedAtUs: Math.max(startedAtUs, oldestUs) }],
    );
    for (const keys of [this.#heard, this.#counted])
      for (const [key, atUs] of keys) if (atUs < oldestUs - WAIT_US) keys.delete(key);
  }

  /** @param stored rows of the table, by whomever. @returns one entry a row and connection that should have had it. */
  takeMissed(stored: readonly RecentKey[]): readonly Missed[] {
    const missed: Missed[] = [];
    const knownUntilUs = this.#spans.reduce((newest, { endedAtUs }) => Math.max(newest, endedAtUs), 0);
    const later = new Map<string, RecentKey>();
    for (const row of [...this.#pending, ...stored]) {
      const { hash, market, receivedAtUs } = row;
      const key = keyOf(hash);
      if (this.#heard.has(key) || this.#counted.has(key)) continue;
      if (receivedAtUs + WAIT_US > knownUntilUs) {
        later.set(key, row);
        continue;
      }
      const listening = this.#spans.filter(
        (span) =>
          span.market === market &&
          span.startedAtUs <= receivedAtUs - WAIT_US &&
          span.endedAtUs >= receivedAtUs + WAIT_US,
      );
      if (listening.length === 0) continue;
      this.#counted.set(key, receivedAtUs);
      for (const { connection } of listening) missed.push({ connection, market });
    }
    this.#pending = [...later.values()].slice(-MAX_PENDING);
    return missed;
  }
}
