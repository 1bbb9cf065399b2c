/** One WebSocket that a client opened: what it subscribed to, sending, and the ways to end or freeze it. */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { routeDelivers, type StreamRoute } from './stream-route.ts';

/** A client that lets this much pile up is cut off, as the exchange does with slow readers. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;

export class ClientSocket {
  readonly id: number;
  readonly route: StreamRoute;
  readonly subscriptions: Set<string>;
  readonly webSocket: WebSocket;
  readonly tcp: Socket;
  #isFrozen = false;

  constructor(id: number, route: StreamRoute, webSocket: WebSocket, tcp: Socket) {
    this.id = id;
    this.route = route;
    this.subscriptions = new Set(route.streams);
    this.webSocket = webSocket;
    this.tcp = tcp;
  }

  get isOpen(): boolean {
    return this.webSocket.readyState === WebSocket.OPEN && !this.tcp.destroyed && !this.#isFrozen;
  }

  get bufferedBytes(): number {
    return this.tcp.writableLength;
  }

  carries(stream: string): boolean {
    return this.subscriptions.has(stream) && routeDelivers(this.route.route, stream);
  }

  get carriesLiquidations(): boolean {
    if (this.route.route !== 'market') return false;
    for (const stream of this.subscriptions) if (stream.includes('forceOrder')) return true;
    return false;
  }

  /** The event as this connection's form wants it. */
  envelop(stream: string, event: string): string {
    return this.route.isCombined ? `{"stream":${JSON.stringify(stream)},"data":${event}}` : event;
  }

  /** @returns whether it was handed to the network */
  send(data: string | Buffer): boolean {
    if (!this.isOpen) return false;
    if (this.bufferedBytes > MAX_BUFFERED_BYTES) {
      this.webSocket.terminate();
      return false;
    }
    this.webSocket.send(data, { binary: typeof data !== 'string' });
    return true;
  }

  /** Pings, and waits for the pong with the same mark. @returns whether it came in time */
  ping(mark: string, timeoutMs: number): Promise<boolean> {
    if (!this.isOpen) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (isAnswered: boolean): void => {
        clearTimeout(timer);
        this.webSocket.off('pong', onPong);
        this.webSocket.off('close', onClose);
        resolve(isAnswered);
      };
      const onPong = (payload: Buffer): void => {
        if (payload.toString() === mark) finish(true);
      };
      const onClose = (): void => finish(false);
      const timer = setTimeout(() => finish(false), timeoutMs);
      this.webSocket.on('pong', onPong);
      this.webSocket.on('close', onClose);
      this.webSocket.ping(mark);
    });
  }

  /** Neither reads nor writes any more, but stays open. */
  freeze(): void {
    this.#isFrozen = true;
    this.webSocket.pause();
  }

  thaw(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    this.webSocket.resume();
  }

  /** Ends the connection with a TCP RST. */
  reset(): void {
    this.tcp.resetAndDestroy();
  }
}
