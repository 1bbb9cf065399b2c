/** A pair of sockets that listen to a server of the test. */
import { onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import type { FeedEvent } from '../../src/network/websocket/feed-event.ts';
import { RedundantFeed, type RedundantFeedOptions } from '../../src/network/websocket/redundant-feed.ts';
import {
  bendableClock,
  type FeedServer,
  liquidationPlan,
  liquidationSpec,
  openHostLimits,
  SHORT,
} from './feed-server.ts';
import { eventually } from './program.ts';

export const HOUR_MS = 3_600_000;
export const NEVER_MS = 1e12;
export const STREAMS = '/market/stream?streams=!forceOrder@arr/btcusdt@markPrice@1s';

export interface Listening {
  readonly pair: RedundantFeed;
  /** `connected ws-1`, `disconnected ws-1: reason`, `unproven`, in order. */
  readonly events: string[];
  readonly unprovenSinceUs: number[];
  readonly messages: Array<{ readonly connection: string; readonly text: string }>;
  readonly clock: ReturnType<typeof bendableClock>;
  readonly stop: () => Promise<void>;
  readonly ended: Promise<unknown>;
}

export async function listen(
  server: FeedServer,
  { emit, ...options }: Partial<RedundantFeedOptions> = {},
): Promise<Listening> {
  const events: string[] = [];
  const unprovenSinceUs: number[] = [];
  const messages: Array<{ connection: string; text: string }> = [];
  const clock = bendableClock();
  const pair = new RedundantFeed({
    spec: liquidationSpec(),
    plan: liquidationPlan(server.url),
    sockets: 2,
    hostLimits: await openHostLimits(),
    clock,
    random: () => 0,
    timeouts: SHORT,
    unprovenAfterMs: NEVER_MS,
    emit: (event: FeedEvent) => {
      emit?.(event);
      if (event.type === 'message')
        messages.push({ connection: event.connection, text: event.data.toString() });
      else if (event.type === 'connected') events.push(`connected ${event.connection}`);
      else if (event.type === 'disconnected')
        events.push(`disconnected ${event.connection}: ${event.reason}`);
      else if (event.type === 'unproven') {
        events.push('unproven');
        unprovenSinceUs.push(event.sinceUs);
      }
    },
    ...options,
  });
  const stopping = new AbortController();
  const ended = pair.run(stopping.signal).catch((error: unknown) => error);
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  onTestFinished(stop);
  return { pair, events, unprovenSinceUs, messages, clock, stop, ended };
}

export async function bothListen({ pair }: Listening): Promise<void> {
  await eventually('both listen', () => pair.states.every((state) => state === 'listening'));
}

/** The connection whose messages came over this server socket. */
export function at(server: FeedServer, index: number): WebSocket {
  const socket = server.sockets[index];
  if (socket === undefined) throw new Error(`no connection ${index}`);
  return socket;
}
