/**
 * What really happened, for proofs: every distinct liquidation that was handed to a connection, and when each
 * connection was truly open and fed. A ping carries how much was sent before it; its pong confirms that all of it arrived.
 */

import { type ForcedOrder, naturalKey } from '../market/forced-order.ts';
import { FloodRecord } from './flood-record.ts';

/** Milliseconds since the epoch by the machine's clock, whatever the exchange's clock shows. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TrueLiquidation {
  readonly key: string;
  readonly order: ForcedOrder;
  readonly firstSentAtMs: number;
  /** Numbers of the connections it was sent to. */
  readonly connections: readonly number[];
  /** Some connection certainly has it. Without this it may have been lost on the way when a connection broke. */
  readonly isConfirmed: boolean;
  /** When each connection that certainly has it said so first. */
  readonly confirmedAtMs: readonly number[];
}

export interface TrueConnection {
  readonly connection: number;
  readonly url: string;
  readonly openedAtMs: number;
  /** Absent while it is open. */
  readonly closedAtMs?: number;
  /** When liquidations could reach it. An open span ends now. */
  readonly fed: readonly Span[];
  /** Order frames, doubles included. */
  readonly frames: number;
  /** Orders with different natural keys. */
  readonly distinct: number;
}

interface ConnectionRecord {
  readonly connection: number;
  readonly url: string;
  readonly openedAtMs: number;
  closedAtMs?: number;
  fedSinceMs: number | undefined;
  readonly fed: Span[];
  /** Indices into the orders, as sent. */
  readonly sent: number[];
  /** How many of them had arrived, and when that was known; both ascending. */
  readonly confirmed: Array<{ readonly count: number; readonly atMs: number }>;
}

export class TruthRecord {
  readonly flood = new FloodRecord();
  readonly #orders: Array<{ key: string; order: ForcedOrder; firstSentAtMs: number }> = [];
  readonly #indexOfKey = new Map<string, number>();
  readonly #connections = new Map<number, ConnectionRecord>();

  get distinct(): number {
    return this.#orders.length;
  }

  opened(connection: number, url: string, atMs: number): void {
    const record = {
      connection,
      url,
      openedAtMs: atMs,
      fedSinceMs: undefined,
      fed: [],
      sent: [],
      confirmed: [],
    };
    this.#connections.set(connection, record);
  }

  closed(connection: number, atMs: number): void {
    this.fed(connection, false, atMs);
    const record = this.#connections.get(connection);
    if (record !== undefined) record.closedAtMs ??= atMs;
  }

  /** From now on liquidations reach this connection, or no longer do. */
  fed(connection: number, isFed: boolean, atMs: number): void {
    const record = this.#connections.get(connection);
    if (record === undefined || record.closedAtMs !== undefined) return;
    if (isFed) {
      record.fedSinceMs ??= atMs;
    } else if (record.fedSinceMs !== undefined) {
      record.fed.push({ fromMs: record.fedSinceMs, toMs: atMs });
      record.fedSinceMs = undefined;
    }
  }

  sent(connection: number, order: ForcedOrder, atMs: number): void {
    const key = naturalKey(order);
    let index = this.#indexOfKey.get(key);
    if (index === undefined) {
      index = this.#orders.push({ key, order, firstSentAtMs: atMs }) - 1;
      this.#indexOfKey.set(key, index);
    }
    this.#connections.get(connection)?.sent.push(index);
  }

  /** How much was sent to the connection so far: what a ping carries. */
  progress(connection: number): string {
    const sent = this.#connections.get(connection)?.sent.length ?? 0;
    return `${sent} ${this.flood.framesSent(connection)}`;
  }

  /** All that was sent up to this progress has arrived. */
  confirm(connection: number, progress: string, atMs: number): void {
    const [sent, flooded] = progress.split(' ').map(Number);
    const record = this.#connections.get(connection);
    if (record === undefined || !Number.isSafeInteger(sent) || !Number.isSafeInteger(flooded)) return;
    const count = Math.min(sent ?? 0, record.sent.length);
    if (count > (record.confirmed.at(-1)?.count ?? 0)) record.confirmed.push({ count, atMs });
    this.flood.confirmed(connection, flooded ?? 0);
  }

  /** The last orders sent to anyone, oldest first. */
  lastOrders(count: number): readonly ForcedOrder[] {
    return count <= 0 ? [] : this.#orders.slice(-count).map(({ order }) => order);
  }

  liquidations(): readonly TrueLiquidation[] {
    const receivers = this.#orders.map(() => new Set<number>());
    const confirmedAtMs = this.#orders.map((): number[] => []);
    for (const { connection, sent, confirmed } of this.#connections.values()) {
      let next = 0;
      for (const [position, index] of sent.entries()) {
        while (position >= (confirmed[next]?.count ?? Number.POSITIVE_INFINITY)) next++;
        const confirmation = confirmed[next];
        if (confirmation !== undefined && !receivers[index]?.has(connection))
          confirmedAtMs[index]?.push(confirmation.atMs);
        receivers[index]?.add(connection);
      }
    }
    return this.#orders.map((order, index) => ({
      ...order,
      connections: [...(receivers[index] ?? [])],
      isConfirmed: (confirmedAtMs[index]?.length ?? 0) > 0,
      confirmedAtMs: confirmedAtMs[index] ?? [],
    }));
  }

  connections(nowMs: number): readonly TrueConnection[] {
    return [...this.#connections.values()].map((record) => ({
      connection: record.connection,
      url: record.url,
      openedAtMs: record.openedAtMs,
      ...(record.closedAtMs === undefined ? {} : { closedAtMs: record.closedAtMs }),
      fed:
        record.fedSinceMs === undefined
          ? record.fed.slice()
          : [...record.fed, { fromMs: record.fedSinceMs, toMs: nowMs }],
      frames: record.sent.length,
      distinct: new Set(record.sent).size,
    }));
  }
}
