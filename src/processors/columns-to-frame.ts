/**
 * The one place where Polars columns are made: exactly the table's types, whatever the values. Numbers go in as typed
 * arrays or numbers, times as integers cast to UTC microseconds: arrays of bigint become NULL and dates lose their
 * zone in nodejs-polars 0.24.
 */
import pl from 'nodejs-polars';
import type { ColumnType, LakeTable } from '../models/lake-tables.ts';
import type { Cell, Columns } from './columns.ts';

export type Frame = pl.DataFrame;

/** A frame with the table's columns in order, without the partition column (Delta keeps that in the log). */
export function columnsToFrame(table: LakeTable, columns: Columns): Frame {
  const series = Object.entries(table.columns)
    .filter(([name]) => name !== table.partitionBy)
    .map(([name, type]) => toSeries(name, type, columns.cells[name] ?? []));
  return pl.DataFrame(series);
}

function toSeries(name: string, type: ColumnType, cells: readonly Cell[]): pl.Series {
  switch (type) {
    case 'string':
      return pl.Series(name, cells as (string | null)[], pl.Utf8);
    case 'double':
      return pl.Series(name, cells as (number | null)[], pl.Float64);
    case 'long':
      return pl.Series(name, cells as (number | null)[], pl.Int64);
    case 'timestamp':
      return pl.Series(name, cells as (number | null)[], pl.Int64).cast(pl.Datetime('us', 'UTC'));
    case 'date':
      throw new TypeError(`${name}: a date column that is not the partition is not supported`);
  }
}
