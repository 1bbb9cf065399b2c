import { isRounding } from './close-to-zero.ts';

/** Williams %R from the highest high and lowest low of its period; 0 where they are equal. */
export function williamsR(close: number, highest: number, lowest: number): number {
  const range = highest - lowest;
  return isRounding(range, highest, lowest) ? 0 : (highest - close) / (range / -100);
}
