/** Years in fast motion: a clock that is moved by hand, and days of which only some are looked at. */
export const MINUTE_MS = 60_000;
export const DAY_MS = 1440 * MINUTE_MS;
/** The log is kept for 7 days, and is cleaned up by whole days: so many days up to a look have all their commits. */
const FULL_DAYS_BEFORE = 8;

/** The year begins today, so that no file is younger than the clock. */
const startMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
export const clock = {
  nowMs: startMs,
  /** @param day from 1 on; with a fraction of it. */
  moveTo(day, fraction = 0) {
    this.nowMs = startMs + (day - 1 + fraction) * DAY_MS;
  },
};
Date.now = () => clock.nowMs;

/** Whether a day is one of those up to a look; of others nothing is left in the log by then. */
export function isFull(day, lookedAt, fullDaysBefore = FULL_DAYS_BEFORE) {
  return lookedAt.some((looked) => day <= looked && day > looked - fullDaysBefore);
}
