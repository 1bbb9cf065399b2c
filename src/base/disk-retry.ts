/** Does what a disk has to do however long the disk refuses; tells once that it does, and once that it no longer does. */

import { setTimeout as sleep } from 'node:timers/promises';
import { BackOff } from './back-off.ts';
import { refusal, refusalReason } from './disk-errors.ts';
import type { LakeError } from './errors.ts';

export interface SpoolState {
  readonly state: 'ok' | 'stopped';
  readonly reason: string;
}

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2000;

export class DiskRetry {
  readonly #onStateChange: (state: SpoolState) => void;
  readonly #closing: AbortSignal;
  #stoppedBy: LakeError | undefined;

  /** @param closing after it a step that fails is given up. */
  constructor(onStateChange: (state: SpoolState) => void, closing: AbortSignal) {
    this.#onStateChange = onStateChange;
    this.#closing = closing;
  }

  /** Why the disk refuses right now. */
  get stoppedBy(): LakeError | undefined {
    return this.#stoppedBy;
  }

  /** @returns why it was given up, which happens only on closing. */
  async until(step: () => Promise<void>): Promise<LakeError | undefined> {
    const backOff = new BackOff(FIRST_RETRY_MS, MAX_RETRY_MS);
    for (;;) {
      try {
        await step();
        if (this.#stoppedBy) this.#onStateChange({ state: 'ok', reason: '' });
        this.#stoppedBy = undefined;
        return undefined;
      } catch (error) {
        if (!this.#stoppedBy) this.#onStateChange({ state: 'stopped', reason: refusalReason(error) });
        this.#stoppedBy = refusal(error);
        if (this.#closing.aborted) return this.#stoppedBy;
      }
      await sleep(backOff.nextMs(), undefined, { signal: this.#closing }).catch(() => undefined);
    }
  }
}
