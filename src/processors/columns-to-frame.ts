/**
 * The one place where Polars columns are made: exactly the table's types, whatever the values. Numbers go in as typed
 * arrays, times as integers cast to UTC microseconds: arrays of bigint become NULL and dates lose their zone in
 * nodejs-polars 0.24.
 */
import pl from 'nodejs-polars';
import type { ColumnType, LakeTable } from '../models/lake-tables.ts';
import { type Column, NumberColumn } from './column.ts';
import type { Columns } from './columns.ts';

export type Frame = pl.DataFrame;

/** A frame with the table's columns in order, without the partition column (Delta keeps that in the log). */
export function columnsToFrame(table: LakeTable, columns: Columns): Frame {
  const series = Object.entries(table.columns).flatMap(([name, type]) => {
    const column = columns.byName[name];
    return column === undefined ? [] : [toSeries(name, type, column)];
  });
  return pl.DataFrame(series);
}

function toSeries(name: string, type: ColumnType, column: Column): pl.Series {
  if (!(column instanceof NumberColumn)) return toStrings(name, column.cells);
  // Every integer of ours is below 2^53, so that a double holds it exactly.
  const values = column.nullCount === 0 ? column.values : column.toArray();
  const numbers = pl.Series(name, values as number[], pl.Float64);
  switch (type) {
    case 'double':
      return numbers;
    case 'long':
      return numbers.cast(pl.Int64);
    case 'timestamp':
      return numbers.cast(pl.Int64).cast(pl.Datetime('us', 'UTC'));
    default:
      throw new TypeError(`${name}: a ${type} column does not hold numbers`);
  }
}

/** Most text columns of a batch hold one word: repeating it natively is far cheaper than handing over each cell. */
function toStrings(name: string, cells: readonly (string | null)[]): pl.Series {
  const [first] = cells;
  if (typeof first === 'string' && cells.every((cell) => cell === first))
    return pl.repeat(first, cells.length, name);
  return pl.Series(name, cells as (string | null)[], pl.Utf8);
}
