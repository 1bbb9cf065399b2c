/**
 * One WebSocket from its handshake to its end. It knows frames and time-outs, not what a payload means.
 * Source: Binance futures docs, "WebSocket market streams"; `ws` answers pings itself.
 */
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { messageOf, systemCodeOf } from '../errors.ts';
import { printable } from '../printable.ts';
import type { HostGates } from './host-gate.ts';

export interface FeedSocketOptions {
  readonly url: string;
  readonly gates: HostGates;
  readonly handshakeTimeoutMs: number;
  readonly onOpen: () => void;
  readonly onMessage: (data: Buffer, isBinary: boolean) => void;
  /** The socket ended, for a reason that a person understands. Called once. */
  readonly onGone: (reason: string) => void;
}

/** A frame that is larger is an attack: the largest real one has a few hundred kilobytes. */
const MAX_PAYLOAD_BYTES = 16 * 2 ** 20;
const MAX_BODY_CHARS = 2000;

export class FeedSocket {
  readonly #options: FeedSocketOptions;
  readonly #socket: WebSocket;
  #isGone = false;

  constructor(options: FeedSocketOptions) {
    this.#options = options;
    const socket = new WebSocket(options.url, {
      perMessageDeflate: false,
      handshakeTimeout: options.handshakeTimeoutMs,
      maxPayload: MAX_PAYLOAD_BYTES,
      skipUTF8Validation: true,
    });
    this.#socket = socket;
    socket.on('open', () => {
      options.gates.worked(options.url);
      options.onOpen();
    });
    socket.on('message', (data, isBinary) => options.onMessage(data as Buffer, isBinary));
    socket.on('unexpected-response', (request, response) => {
      void this.#refused(response).finally(() => request.destroy());
    });
    socket.on('error', (error) => this.#gone(reasonOf(error)));
    socket.on('close', (code, text) => {
      const said = printable(text.toString(), 100);
      this.#gone(`closed by the server with ${code}${said ? ` (${said})` : ''}`);
    });
  }

  /** Stops reading: the spool is full. The server feels it when its own buffers are. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends it at once, without the closing handshake: a dead peer would not answer it. */
  terminate(reason: string): void {
    this.#gone(reason);
    this.#socket.terminate();
  }

  #gone(reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#options.onGone(reason);
  }

  async #refused(response: IncomingMessage): Promise<void> {
    const status = response.statusCode ?? 0;
    const retryAfter = response.headers['retry-after'];
    const body = await bodyOf(response);
    const refusal = await this.#options.gates.refused(this.#options.url, { status, retryAfter, body });
    this.#gone(refusal?.message ?? `the handshake was refused with ${status}`);
    this.#socket.terminate();
  }
}

/** The beginning of the body; an answer that never ends is left after two seconds. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  let body = '';
  const timeUp = setTimeout(() => response.destroy(), 2000);
  try {
    for await (const chunk of response) {
      body += String(chunk);
      if (body.length > MAX_BODY_CHARS) break;
    }
  } catch {
    // What arrived is enough.
  }
  clearTimeout(timeUp);
  return body.slice(0, MAX_BODY_CHARS);
}

function reasonOf(error: Error): string {
  switch (systemCodeOf(error)) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name of the exchange cannot be resolved';
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
      return 'connection reset';
    case 'ETIMEDOUT':
      return 'connection timed out';
    default:
      return printable(messageOf(error), 200);
  }
}
