/** Liquidated notional by hour as bars: longs and shorts told apart by their fill, not by colour alone. */
import type { Row } from './output/row-writer.ts';

const LABEL_CHARS = 6;
const MAX_BAR_CHARS = 100;

/** @param rows hour, orders, longs, shorts; newest first. */
export function hourlyChart(rows: readonly Row[], width: number): string {
  const hours = [...rows].reverse().map(([hour, , longs, shorts]) => ({
    label: String(hour).slice(11, 16),
    longs: Number(longs ?? 0),
    shorts: Number(shorts ?? 0),
  }));
  const largest = Math.max(1, ...hours.map(({ longs, shorts }) => longs + shorts));
  const barChars = Math.max(10, Math.min(width, MAX_BAR_CHARS) - LABEL_CHARS - 1);
  const lines = hours.map(({ label, longs, shorts }) => {
    const longChars = Math.round((longs / largest) * barChars);
    const shortChars = Math.round(((longs + shorts) / largest) * barChars) - longChars;
    return `${label.padEnd(LABEL_CHARS)} ${'█'.repeat(longChars)}${'░'.repeat(shortChars)}`;
  });
  return [
    ...lines,
    `${' '.repeat(LABEL_CHARS)} █ longs closed  ░ shorts closed; the longest bar is at least ${Math.round(largest).toLocaleString('en')}`,
  ].join('\n');
}
