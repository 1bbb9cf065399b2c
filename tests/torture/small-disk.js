/** A disk of its own for the lake, filled to the last byte now and then. Needs the right to mount a tmpfs. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SIZE = '512m';
const CHUNK = Buffer.alloc(2 ** 20, 1);

export class SmallDisk {
  fillings = 0;
  #path;
  #random;
  #fullSinceMs;
  #stopping = new AbortController();
  #running;

  /** @throws when mounting is not allowed. */
  constructor(path, random) {
    this.#path = path;
    this.#random = random;
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', path]);
    this.#running = this.#run();
  }

  /** For how long it has been full: what arrived in that time is in the collector's memory alone. */
  get fullForMs() {
    return this.#fullSinceMs === undefined ? 0 : performance.now() - this.#fullSinceMs;
  }

  /** Full no more. */
  async stop() {
    this.#stopping.abort();
    await this.#running;
  }

  unmount() {
    execFileSync('umount', ['--lazy', this.#path]);
  }

  async #run() {
    const { signal } = this.#stopping;
    const pause = (ms) => sleep(ms, undefined, { signal }).catch(() => undefined);
    const ballast = join(this.#path, 'ballast');
    while (!signal.aborted) {
      await pause(3000 + this.#random.next() * 12_000);
      if (signal.aborted) return;
      this.#fullSinceMs = performance.now();
      this.fillings++;
      fill(ballast);
      await pause(500 + this.#random.next() * 12_000);
      rmSync(ballast);
      // The spool tries again within two seconds, and then writes what waits.
      await pause(3000);
      this.#fullSinceMs = undefined;
    }
  }
}

function fill(path) {
  const file = openSync(path, 'a');
  for (let size = CHUNK.length; size > 0; size >>= 1) {
    try {
      for (;;) writeSync(file, CHUNK, 0, size);
    } catch {
      // Full for pieces of this size.
    }
  }
  closeSync(file);
}
