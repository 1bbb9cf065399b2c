/** Time as the program sees it, passed in so that tests can bend it. */
export interface Clock {
  /** UTC wall clock in microseconds since the epoch; always a safe integer. */
  nowUs(): number;
  /** A clock that never goes back, in milliseconds, for time-outs and durations. */
  monotonicMs(): number;
}

/** How far the anchored clock may stray from the system's before it is set anew (a clock step, or sleep). */
const STEP_LIMIT_US = 250_000;

/**
 * The clock of the machine: microseconds from the monotonic counter, anchored to the wall clock. Small wall clock
 * wobbles do not show; a step of more than 250 ms (NTP, laptop sleep) is followed at the next call.
 */
export function createSystemClock(): Clock {
  let anchorUs = Date.now() * 1000;
  let anchorNs = process.hrtime.bigint();
  return {
    nowUs() {
      const us = anchorUs + Math.round(Number(process.hrtime.bigint() - anchorNs) / 1000);
      const wallUs = Date.now() * 1000;
      if (Math.abs(us - wallUs) <= STEP_LIMIT_US) return us;
      anchorUs = wallUs;
      anchorNs = process.hrtime.bigint();
      return wallUs;
    },
    monotonicMs: () => performance.now(),
  };
}
