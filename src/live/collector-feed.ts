/** Reads what the collectors of this machine publish; looks for new ones now and then. */
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveFrame } from '../sources/live-event.ts';
import { FrameDecoder } from './frame-codec.ts';

const LOOK_MS = 1000;
const ENDING = '.live';

export interface CollectorFeedOptions {
  /** The folder of all spools of the lake; undefined when this machine has none. */
  readonly spool: string | undefined;
  readonly onFrame: (frame: LiveFrame) => void;
}

export class CollectorFeed {
  readonly #options: CollectorFeedOptions;
  readonly #sockets = new Map<string, Socket>();

  constructor(options: CollectorFeedOptions) {
    this.#options = options;
  }

  /** Collectors that are read now. */
  get connected(): number {
    return [...this.#sockets.values()].filter(({ readyState }) => readyState === 'open').length;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { spool } = this.#options;
    if (spool === undefined) return;
    while (!signal.aborted) {
      const names = await readdir(spool).catch(() => []);
      for (const name of names)
        if (name.endsWith(ENDING) && !this.#sockets.has(name)) this.#connect(spool, name);
      await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  #connect(spool: string, name: string): void {
    const socket = connect(join(spool, name));
    const decoder = new FrameDecoder();
    this.#sockets.set(name, socket);
    socket.unref();
    socket.on('data', (chunk) => {
      try {
        for (const frame of decoder.push(chunk)) this.#options.onFrame(frame);
      } catch {
        socket.destroy();
      }
    });
    socket.on('error', () => undefined);
    // One that was left behind by a killed collector refuses, and is tried again.
    socket.on('close', () => this.#sockets.delete(name));
  }
}
