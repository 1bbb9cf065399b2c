/** A WebSocket client that collects messages, for tests of the live channels. */
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from './program.ts';

export interface LiveMessage {
  readonly type: string;
  readonly channel?: string;
  readonly seq?: number;
  readonly data?: unknown;
  readonly [name: string]: unknown;
}

export interface LiveClient {
  readonly socket: WebSocket;
  readonly messages: LiveMessage[];
  send(message: unknown): void;
  /** The first message that fits, of now or later. */
  next(what: string, fits: (message: LiveMessage) => boolean): Promise<LiveMessage>;
  readonly closed: Promise<number>;
}

export async function liveClient(
  url: string,
  path = '/ws',
  protocols: readonly string[] = [],
): Promise<LiveClient> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, [...protocols]);
  onTestFinished(() => socket.terminate());
  const messages: LiveMessage[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as LiveMessage));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  return {
    socket,
    messages,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: (what, fits) => eventually(what, () => messages.find(fits)),
  };
}
