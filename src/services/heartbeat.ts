/** Writes what a collector does into its spool folder, for `doctor`, `serve` and everyone else who asks how it is. */
import type { Clock } from '../base/clock.ts';
import { writeStatus } from '../spool/state/status-file.ts';
import type { CollectorStatus } from './collector-status.ts';

export interface HeartbeatOptions {
  /** Of the source's spool. */
  readonly folder: string;
  readonly clock: Clock;
  readonly status: CollectorStatus;
  /** Segments closed and not yet in the tables. */
  readonly queue: { readonly length: number; readonly waitingSinceUs: number | undefined };
}

const INTERVAL_MS = 5000;

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #timer: NodeJS.Timeout;
  #beating: Promise<void> | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#beat(), INTERVAL_MS);
    this.#beat();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** @param isLast whether the source is still ours to say that it stopped. */
  async end(isLast: boolean): Promise<void> {
    this.stop();
    await this.#beating;
    if (isLast) await this.#write('stopped');
  }

  /** One at a time: two would tear the file, or the last one would not be the newest. */
  #beat(): void {
    this.#beating ??= this.#write(this.#options.status.state).finally(() => {
      this.#beating = undefined;
    });
  }

  async #write(state: string): Promise<void> {
    const { folder, status, clock, queue } = this.#options;
    const { waitingSinceUs, length } = queue;
    const now = {
      at: isoTime(clock.nowUs()),
      pid: process.pid,
      state,
      frames: status.frames,
      rows: status.rows,
      duplicates: status.duplicates,
      segments: status.segments,
      storeMs: Math.round(status.storeMs),
      ...(status.lastEventUs === undefined ? {} : { newestEvent: isoTime(status.lastEventUs) }),
      backlog: length,
      ...(waitingSinceUs === undefined ? {} : { waitingSince: isoTime(waitingSinceUs) }),
      ...(status.repair && { repair: status.repair }),
    };
    // A heartbeat that cannot be written shows by its age.
    await writeStatus(folder, now).catch(() => undefined);
  }
}

function isoTime(us: number): string {
  return new Date(us / 1000).toISOString();
}
