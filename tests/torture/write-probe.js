/**
 * How long a small append takes at this moment, beside the collector and on its disk, while syncs of the same file are
 * under way: what the spool does with a frame before it is out of the process.
 */
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const BLOCK = Buffer.alloc(4096, 1);
const PAUSE_MS = 10;
const REMEMBERED_MS = 1000;

export class WriteProbe {
  #recent = [];
  #isStopped = false;
  #running;

  constructor(path) {
    this.#running = this.#run(path);
  }

  /** The slowest write of the last second, also one that has not ended, in milliseconds. */
  get slowestMs() {
    const nowMs = performance.now();
    this.#recent = this.#recent.filter(({ endedMs = nowMs }) => nowMs - endedMs < REMEMBERED_MS);
    return Math.max(0, ...this.#recent.map(({ startedMs, endedMs = nowMs }) => endedMs - startedMs));
  }

  async stop() {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(path) {
    const file = await open(path, 'w');
    let syncing;
    while (!this.#isStopped) {
      const write = { startedMs: performance.now() };
      this.#recent.push(write);
      await file.write(BLOCK, 0, BLOCK.length, 0);
      write.endedMs = performance.now();
      syncing ??= file.datasync().finally(() => {
        syncing = undefined;
      });
      await sleep(PAUSE_MS);
    }
    await syncing;
    await file.close();
  }
}
