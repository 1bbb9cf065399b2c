/**
 * Lets others on this machine look on: frames go to a socket in the spool folder as they come. Nothing waits for a
 * reader: one that does not keep up misses frames, and nothing that goes wrong here reaches the collector.
 */
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { messageOf } from '../base/errors.ts';
import { encodeFrame } from './frame-codec.ts';

/** The kernel's limit for names of sockets, with its end. */
const MAX_PATH_BYTES = 107;
const MAX_READERS = 16;
const MAX_WAITING_BYTES = 2 ** 20;

export function liveSocketPath(spool: string, command: string): string {
  return join(spool, `${command}.live`);
}

export class PublishSocket {
  readonly #path: string;
  readonly #log: Logger;
  readonly #readers = new Set<Socket>();
  #server: Server | undefined;
  missed = 0;

  /** @param path of {@link liveSocketPath}; nothing is published where it cannot be made. */
  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  async open(): Promise<void> {
    if (Buffer.byteLength(this.#path) > MAX_PATH_BYTES) {
      this.#log.debug({ path: this.#path }, 'the path is too long for a live socket: readers watch the log');
      return;
    }
    try {
      // Of a run that was killed; two collectors of one source never live together.
      await rm(this.#path, { force: true });
      const server = createServer((reader) => this.#admit(reader));
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(this.#path, resolve);
      });
      server.on('error', () => undefined);
      server.unref();
      await chmod(this.#path, 0o600);
      this.#server = server;
    } catch (error) {
      this.#log.debug(`there is no live socket: ${messageOf(error)}; readers watch the log`);
    }
  }

  frame(source: string, connection: string, payload: Buffer, receivedAtUs: number): void {
    if (this.#readers.size === 0) return;
    const bytes = encodeFrame({ source, connection, receivedAtUs, payload });
    for (const reader of this.#readers) {
      if (reader.writableLength + bytes.length > MAX_WAITING_BYTES) this.missed++;
      else reader.write(bytes);
    }
  }

  async close(): Promise<void> {
    for (const reader of this.#readers) reader.destroy();
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await rm(this.#path, { force: true }).catch(() => undefined);
  }

  #admit(reader: Socket): void {
    if (this.#readers.size >= MAX_READERS) {
      reader.destroy();
      return;
    }
    this.#readers.add(reader);
    reader.on('error', () => undefined);
    reader.on('close', () => this.#readers.delete(reader));
    // Readers have nothing to say.
    reader.resume();
    reader.unref();
  }
}
