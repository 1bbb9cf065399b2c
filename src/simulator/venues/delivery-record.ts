/** Which orders were sent to whom, and which of them have certainly arrived: a ping says how many, its pong confirms it. */
import type { VenueOrder } from './venue-protocol.ts';

export interface DeliveredOrder {
  readonly order: VenueOrder;
  /** When each client that certainly has it said so, in milliseconds since the epoch; none: it may be lost on the way. */
  readonly confirmedAtMs: readonly number[];
}

export class DeliveryRecord<Client extends object> {
  readonly #orders: { readonly order: VenueOrder; readonly confirmedAtMs: number[] }[] = [];
  /** By client: the orders that it was sent, by their place in the list, and how many of them it has confirmed. */
  readonly #sent = new Map<Client, { readonly places: number[]; confirmed: number }>();

  get orders(): readonly DeliveredOrder[] {
    return this.#orders.slice();
  }

  sent(clients: readonly Client[], orders: readonly VenueOrder[]): void {
    if (clients.length === 0) return;
    for (const order of orders) {
      const place = this.#orders.push({ order, confirmedAtMs: [] }) - 1;
      for (const client of clients) this.#of(client).places.push(place);
    }
  }

  /** What a ping to the client carries. */
  progress(client: Client): string {
    return String(this.#of(client).places.length);
  }

  confirm(client: Client, progress: string, atMs: number): void {
    const own = this.#of(client);
    const count = Math.min(Number(progress), own.places.length);
    for (; own.confirmed < count; own.confirmed++) {
      this.#orders[own.places[own.confirmed] ?? -1]?.confirmedAtMs.push(atMs);
    }
  }

  #of(client: Client): { readonly places: number[]; confirmed: number } {
    let own = this.#sent.get(client);
    if (own === undefined) {
      own = { places: [], confirmed: 0 };
      this.#sent.set(client, own);
    }
    return own;
  }
}
