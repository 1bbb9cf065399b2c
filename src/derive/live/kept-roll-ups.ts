/** Buckets that are not full yet, by symbol, so that a minute that follows costs one minute and not its day. */
import type { BarSeries } from '../bars/bar-series.ts';
import type { RolledUpByTimeframe, RollUp } from '../bars/roll-up.ts';

interface Kept {
  readonly rollUp: RollUp;
  /** Open time of the newest minute that it has taken, microseconds since the epoch. */
  newestUs: number;
}

export class KeptRollUps {
  readonly #byId = new Map<number, Kept>();

  /** @param minutes that it has taken, the newest last. */
  keep(id: number, rollUp: RollUp, minutes: BarSeries): void {
    const newestUs = minutes.columns.open_time[minutes.length - 1] as number;
    this.#byId.set(id, { rollUp, newestUs });
  }

  forget(id: number): void {
    this.#byId.delete(id);
  }

  /** Takes minutes that are new. @returns undefined when they do not follow those that were taken. */
  goOn(id: number, fresh: BarSeries | undefined): RolledUpByTimeframe | undefined {
    const kept = this.#byId.get(id);
    if (kept === undefined || fresh === undefined) return undefined;
    if (fresh.firstAtOrAfter(kept.newestUs + 1) > 0) {
      this.#byId.delete(id);
      return undefined;
    }
    for (let row = 0; row < fresh.length; row++) kept.rollUp.add(fresh, row);
    kept.newestUs = fresh.columns.open_time[fresh.length - 1] as number;
    return kept.rollUp.take();
  }
}
