/** Which bars are new to a derived table: by symbol and day (UTC), the time of the earliest one. */
import { DAY_US } from '../../lake/timeframe.ts';

/** By symbol: day → earliest time, both microseconds since the epoch. */
export class ChangedTimes {
  readonly byId = new Map<number, Map<number, number>>();

  add(id: number, timeUs: number): void {
    let days = this.byId.get(id);
    if (days === undefined) {
      days = new Map();
      this.byId.set(id, days);
    }
    const day = Math.floor(timeUs / DAY_US) * DAY_US;
    days.set(day, Math.min(timeUs, days.get(day) ?? Number.POSITIVE_INFINITY));
  }

  delete(id: number): void {
    this.byId.delete(id);
  }

  /** All days, ascending. */
  get days(): number[] {
    return [...new Set([...this.byId.values()].flatMap((days) => [...days.keys()]))].sort((a, b) => a - b);
  }

  /** The earliest change of a symbol from one time to another (exclusive). */
  earliestIn(id: number, fromUs: number, untilUs: number): number | undefined {
    let earliest: number | undefined;
    for (const [day, time] of this.byId.get(id) ?? []) {
      if (day + DAY_US <= fromUs || day >= untilUs || time >= untilUs) continue;
      const within = Math.max(time, fromUs);
      if (earliest === undefined || within < earliest) earliest = within;
    }
    return earliest;
  }
}
