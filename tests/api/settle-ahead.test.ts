/** Digits are found ahead of questions: no value changes by it, whatever happens to the rows meanwhile. */
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../src/base/seeded-random.ts';
import { decimalValue } from '../../src/questions/recent/decimal-cell.ts';
import { AS_READ, contentOf, DECIMALS } from '../../src/questions/recent/row-content.ts';
import { SeriesRows } from '../../src/questions/recent/series-rows.ts';
import { settleAhead } from '../../src/questions/recent/settle-ahead.ts';

/** A time, a value, and what is in the cells. */
const LAYOUT = { width: 3, doubles: Int32Array.of(1) };
const FOREVER = new AbortController().signal;

function seriesOf(count: number) {
  const random = createSeededRandom(7);
  const series = new SeriesRows(LAYOUT.width, 0);
  const values: number[] = [];
  const add = (more: number) => {
    series.reserve(more);
    for (let row = 0; row < more; row++) {
      values.push(random.next());
      series.cells[series.add(values.length) + 1] = values.at(-1) as number;
    }
  };
  add(count);
  /** Each row: what it is, and the value that it was given. */
  const rows = () =>
    Array.from({ length: series.length }, (_, row) => {
      const { cells, width } = series;
      const content = contentOf(series, row * width);
      const words = new Uint32Array(cells.buffer);
      const at = row * width + 1;
      return { content, value: content === DECIMALS ? decimalValue(words, 2 * at) : cells[at] };
    });
  return { series, values, add, rows };
}

describe('digits found ahead', () => {
  it('are those of every row', async () => {
    const { series, values, rows } = seriesOf(20_000);
    await settleAhead([series], LAYOUT, () => true, FOREVER);
    expect(rows()).toEqual(values.map((value) => ({ content: DECIMALS, value })));
  });

  it('are right where rows come, go and move meanwhile', async () => {
    const { series, values, add, rows } = seriesOf(20_000);
    let pauses = 0;
    const change = () => {
      add(500);
      if (++pauses % 2 === 0) series.settle(10_000);
      return true;
    };
    await settleAhead([series], LAYOUT, change, FOREVER);
    expect(pauses).toBeGreaterThan(1);
    expect(rows().map(({ value }) => value)).toEqual(values.slice(-series.length));
  });

  it('end with the table, and with the server', async () => {
    const { series, rows } = seriesOf(50_000);
    await settleAhead([series], LAYOUT, () => false, FOREVER);
    expect(rows().some(({ content }) => content === AS_READ)).toBe(true);
    const ended = settleAhead([series], LAYOUT, () => true, AbortSignal.abort());
    await expect(ended).rejects.toThrow('aborted');
  });
});
