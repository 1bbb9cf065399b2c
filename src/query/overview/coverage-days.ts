/** How much of each cell of a day somebody listened. */
export interface Span {
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
}

export interface CoverageDay {
  /** `2026-11-20`, UTC. */
  readonly date: string;
  /** Share from 0 to 1, of what has passed; undefined for what is yet to come. */
  readonly cells: readonly (number | undefined)[];
}

export interface CoverageWindow {
  /** Until when it is known: later cells are yet to come. Milliseconds since the epoch. */
  readonly untilMs: number;
  readonly dayCount: number;
  /** Minutes; divides a day. */
  readonly cellMinutes: number;
}

export const DAY_MS = 86_400_000;

/** @param spans do not overlap. @returns oldest day first; the last one is that of `untilMs`. */
export function coverageDays(spans: readonly Span[], window: CoverageWindow): readonly CoverageDay[] {
  const cellMs = window.cellMinutes * 60_000;
  const lastDayMs = Math.floor(window.untilMs / DAY_MS) * DAY_MS;
  return Array.from({ length: window.dayCount }, (_, day) => {
    const dayMs = lastDayMs - (window.dayCount - 1 - day) * DAY_MS;
    const within = spans.filter(({ startMs, endMs }) => endMs > dayMs && startMs < dayMs + DAY_MS);
    const cells = Array.from({ length: DAY_MS / cellMs }, (_, cell) =>
      shareHeard(within, dayMs + cell * cellMs, Math.min(dayMs + (cell + 1) * cellMs, window.untilMs)),
    );
    return { date: new Date(dayMs).toISOString().slice(0, 10), cells };
  });
}

/** @returns undefined for no time at all. */
export function shareHeard(spans: readonly Span[], fromMs: number, toMs: number): number | undefined {
  if (toMs <= fromMs) return undefined;
  let heardMs = 0;
  for (const { startMs, endMs } of spans)
    heardMs += Math.max(0, Math.min(endMs, toMs) - Math.max(startMs, fromMs));
  return Math.min(1, heardMs / (toMs - fromMs));
}
