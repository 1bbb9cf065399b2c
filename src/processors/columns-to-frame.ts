/**
 * The one place where Polars columns are made: exactly the table's types, whatever the values. Numbers go in as typed
 * arrays, times as integers cast to UTC microseconds: arrays of bigint become NULL and dates lose their zone in
 * nodejs-polars 0.24.
 */
import pl from 'nodejs-polars';
import type { ColumnType, LakeTable } from '../models/lake-tables.ts';
import { type Column, NumberColumn, type TextColumn } from './column.ts';
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
  if (!(column instanceof NumberColumn)) return toStrings(name, column);
  const numbers = toNumbers(name, column);
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

/** Every integer of ours is below 2^53, so that a double holds it exactly. */
function toNumbers(name: string, column: NumberColumn): pl.Series {
  if (column.nullCount === 0) return pl.Series(name, column.values as unknown as number[], pl.Float64);
  const { length } = column.values;
  if (column.nullCount === length) return repeated(pl.Series(name, [null], pl.Float64), null, length);
  return pl.Series(name, column.toArray(), pl.Float64);
}

/** Texts that repeat are handed over once and put in their rows natively, which is far cheaper than each by itself. */
function toStrings(name: string, column: TextColumn): pl.Series {
  const { distinct, indexes } = column;
  const [first] = distinct;
  const texts = pl.Series(name, distinct as (string | null)[], pl.Utf8);
  if (first !== undefined && distinct.length === 1) return repeated(texts, first, indexes.length);
  return distinct.length === indexes.length ? texts : texts.gather(Array.from(indexes));
}

function repeated(one: pl.Series, value: string | null, length: number): pl.Series {
  return length === 1 ? one : one.extendConstant({ value, n: length - 1 });
}
