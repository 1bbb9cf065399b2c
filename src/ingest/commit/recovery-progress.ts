/** How far the storing of an earlier run's segments is: for the status line, and now and then for the log. */

import type { Logger } from 'pino';
import type { Clock } from '../../base/clock.ts';
import { durationText } from '../../base/duration.ts';

export interface Recovery {
  readonly stored: number;
  /** Segments that the earlier run left. */
  readonly total: number;
  /** Undefined before the first is stored. */
  readonly secondsLeft: number | undefined;
}

export interface RecoveryProgressOptions {
  readonly source: string;
  readonly segments: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const LOG_MS = 30_000;

export class RecoveryProgress {
  readonly #options: RecoveryProgressOptions;
  readonly #startedMs: number;
  #loggedMs: number;
  #stored = 0;

  constructor(options: RecoveryProgressOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#loggedMs = this.#startedMs;
    const { source, segments, log } = options;
    if (segments > 0) log.info({ source, segments }, 'storing what an earlier run left in the spool');
  }

  /** A segment left the line, the oldest first: after those of the earlier run come our own. */
  oneStored(): void {
    const { clock, log, source, segments } = this.#options;
    if (this.#stored === segments) return;
    this.#stored++;
    const nowMs = clock.monotonicMs();
    const state = this.state;
    if (state === undefined) {
      if (this.#loggedMs > this.#startedMs) log.info({ source }, 'all that an earlier run left is stored');
    } else if (nowMs - this.#loggedMs >= LOG_MS) {
      this.#loggedMs = nowMs;
      const { stored, total, secondsLeft } = state;
      const left = secondsLeft === undefined ? '' : `, about ${durationText(secondsLeft * 1000)} left`;
      log.info({ source }, `stored ${stored} of ${total} segments of an earlier run${left}`);
    }
  }

  /** Undefined when there is nothing to recover any more. */
  get state(): Recovery | undefined {
    const total = this.#options.segments;
    const stored = this.#stored;
    if (stored === total) return undefined;
    const seconds = (this.#options.clock.monotonicMs() - this.#startedMs) / 1000;
    const secondsLeft = stored === 0 ? undefined : Math.ceil((seconds * (total - stored)) / stored);
    return { stored, total, secondsLeft };
  }
}
