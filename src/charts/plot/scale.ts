/** From values to pixels, and the round values at which an axis is labelled. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** @param ticks most of them. */
export function valueScale(
  [least, greatest]: readonly [number, number],
  [from, to]: readonly [number, number],
  ticks: number,
): Scale {
  const range = greatest - least || Math.abs(greatest) || 1;
  const raw = range / ticks;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= raw) ?? 10);
  return scale([least, least + range], [from, to], step);
}

const MINUTE_MS = 60_000;
const TIME_STEPS_MS = [1, 5, 15, 30, 60, 180, 360, 720, 1440, 2880, 10_080, 40_320, 161_280].map(
  (minutes) => minutes * MINUTE_MS,
);

/** Milliseconds since the epoch. */
export function timeScale(
  [first, last]: readonly [number, number],
  [from, to]: readonly [number, number],
  ticks: number,
): Scale {
  const rangeMs = last - first || MINUTE_MS;
  const step = TIME_STEPS_MS.find((ms) => rangeMs / ms <= ticks) ?? rangeMs / ticks;
  return scale([first, first + rangeMs], [from, to], step);
}

function scale(
  [least, greatest]: readonly [number, number],
  [from, to]: readonly [number, number],
  step: number,
): Scale {
  const first = Math.ceil(least / step);
  const count = Math.max(0, Math.floor(greatest / step) - first + 1);
  return {
    at: (value) => from + ((value - least) / (greatest - least)) * (to - from),
    ticks: Array.from({ length: count }, (_, index) => (first + index) * step),
  };
}
