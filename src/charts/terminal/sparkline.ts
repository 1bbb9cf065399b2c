/** A row of numbers in one character each; a blank where there is none. */
const LEVELS = '▁▂▃▄▅▆▇█';
const ASCII_LEVELS = '_.-:=+*#';

/** @param floor the value of the lowest bar; the least value when it is not given. */
export function sparkline(values: readonly (number | undefined)[], unicode: boolean, floor?: number): string {
  const levels = unicode ? LEVELS : ASCII_LEVELS;
  const known = values.filter((value) => value !== undefined);
  const least = floor ?? Math.min(...known);
  const range = Math.max(...known) - least;
  return values
    .map((value) => {
      if (value === undefined) return ' ';
      return levels[range > 0 ? Math.round(((value - least) / range) * (levels.length - 1)) : 0];
    })
    .join('');
}
