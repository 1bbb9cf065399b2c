/** The faults that happen once: resets, closes, a drop in a burst, a rotation, malformed frames. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ForcedOrder } from '../market/forced-order.ts';
import { EVENT_DELAY_MS } from '../market/market-event.ts';
import type { ClientSocket } from '../socket/client-socket.ts';
import { ALL_LIQUIDATIONS } from '../socket/order-delivery.ts';
import type { StreamServer } from '../socket/stream-server.ts';
import type { MomentaryFault } from './fault.ts';
import type { FaultBoard } from './fault-board.ts';
import { malformedFrames } from './malformed-frames.ts';

const CONFIRM_TIMEOUT_MS = 2000;
const DEFAULT_ROTATION_GRACE_MS = 1000;
/** Between the first part of a burst and the reset: some of it arrives, some does not. */
const MID_BURST_MS = 5;

export interface MomentaryFaultContext {
  readonly server: StreamServer;
  readonly board: FaultBoard;
  readonly exchangeMs: () => number;
  readonly makeOrder: () => ForcedOrder;
  readonly onMalformed: (connection: number, name: string) => void;
}

/** Never rejects. */
export async function strike(
  fault: MomentaryFault,
  client: ClientSocket,
  context: MomentaryFaultContext,
): Promise<void> {
  const { server, exchangeMs } = context;
  switch (fault.fault) {
    case 'reset':
      if (fault.abruptly) client.reset();
      else await hushed(client, context, () => client.reset());
      return;
    case 'close': {
      const { code = 1000, reason = '' } = fault;
      await hushed(client, context, () => client.webSocket.close(code, reason));
      return;
    }
    case 'rotation': {
      const event = `{"e":"serverShutdown","E":${exchangeMs()}}`;
      client.send(client.envelop('!serverShutdown', event));
      await sleep(fault.graceMs ?? DEFAULT_ROTATION_GRACE_MS);
      await hushed(client, context, () => client.webSocket.close(1001, 'server shutdown'));
      return;
    }
    case 'drop-in-burst': {
      const orders = Array.from({ length: fault.orders }, () => context.makeOrder());
      const publish = (order: ForcedOrder): void => server.publishOrder(order, order.T + EVENT_DELAY_MS);
      for (const order of orders.slice(0, fault.after)) publish(order);
      await sleep(MID_BURST_MS);
      client.reset();
      for (const order of orders.slice(fault.after)) publish(order);
      return;
    }
    case 'malformed':
      if (!client.carriesLiquidations) return;
      for (const { name, data } of malformedFrames(context.makeOrder(), (event) =>
        client.envelop(ALL_LIQUIDATIONS, event),
      )) {
        if (fault.names !== undefined && !fault.names.includes(name)) continue;
        if (client.send(data)) context.onMalformed(client.id, name);
      }
  }
}

/** Feeds the connection no more and waits until all that was sent has arrived, so that the truth about it is exact. */
async function hushed(client: ClientSocket, context: MomentaryFaultContext, end: () => void): Promise<void> {
  const unhush = context.board.begin({ fault: 'silent-socket' }, client.id);
  await context.server.confirm(client, CONFIRM_TIMEOUT_MS);
  end();
  unhush();
}
