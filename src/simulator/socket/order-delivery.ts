/**
 * How one order reaches one connection: under each of its subscribed streams, a little different on each connection
 * if asked for (`E` and the last fill, as in reality), and through the faults that withhold, double or disorder it.
 */

import type { FaultBoard } from '../faults/fault-board.ts';
import { type ForcedOrder, forceOrderEvent } from '../market/forced-order.ts';
import type { TruthRecord } from '../truth/truth-record.ts';
import type { ClientSocket } from './client-socket.ts';

export const ALL_LIQUIDATIONS = '!forceOrder@arr';

export interface OrderDeliveryOptions {
  readonly faults: FaultBoard;
  readonly truth: TruthRecord;
  readonly wallMs: () => number;
  readonly isVaried: boolean;
}

interface HeldOrder {
  readonly order: ForcedOrder;
  readonly eventTimeMs: number;
}

export class OrderDelivery {
  readonly #client: ClientSocket;
  readonly #options: OrderDeliveryOptions;
  #held: HeldOrder[] = [];

  constructor(client: ClientSocket, options: OrderDeliveryOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Could an order that comes now reach the client? */
  get isFed(): boolean {
    const { faults } = this.#options;
    const { id, isOpen, carriesLiquidations } = this.#client;
    return (
      isOpen &&
      carriesLiquidations &&
      !faults.on('silent-socket', id) &&
      !faults.on('liquidations-silent', id)
    );
  }

  offer(order: ForcedOrder, eventTimeMs: number): void {
    if (!this.isFed) return;
    const disorder = this.#options.faults.on('out-of-order', this.#client.id);
    if (disorder === undefined) {
      this.#send({ order, eventTimeMs });
      return;
    }
    this.#held.push({ order, eventTimeMs });
    if (this.#held.length >= disorder.window) this.release();
  }

  /** Sends what was held back to be disordered: every second one first, then the others backwards. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const one of held.filter((_, index) => index % 2 === 1)) this.#send(one);
    for (const one of held.filter((_, index) => index % 2 === 0).reverse()) this.#send(one);
  }

  #send({ order, eventTimeMs }: HeldOrder): void {
    const { faults, isVaried } = this.#options;
    const { id } = this.#client;
    const own = isVaried ? vary(order, id) : order;
    const event = forceOrderEvent(own, isVaried ? eventTimeMs + (id % 4) : eventTimeMs);
    const times = faults.on('duplicates', id) === undefined ? 1 : 2;
    for (let time = 0; time < times; time++) {
      for (const stream of [ALL_LIQUIDATIONS, `${lowerAscii(order.s)}@forceOrder`]) {
        if (this.#client.carries(stream)) this.#sendOnce(this.#client.envelop(stream, event), own);
      }
    }
  }

  #sendOnce(frame: string, order: ForcedOrder): void {
    const { truth, wallMs } = this.#options;
    if (this.#client.send(frame)) truth.sent(this.#client.id, order, wallMs());
  }
}

/** Stream names are lower case in their ASCII letters only. */
export function lowerAscii(symbol: string): string {
  return symbol.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Another connection may have seen another last fill; which one depends on the order and the connection alone. */
function vary(order: ForcedOrder, connection: number): ForcedOrder {
  if (order.l === order.z || connection % 2 === 0) return order;
  const decimals = order.z.split('.')[1]?.length ?? 0;
  return { ...order, l: Math.max(Number(order.l) / 2, 10 ** -decimals).toFixed(decimals) };
}
