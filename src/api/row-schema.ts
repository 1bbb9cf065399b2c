/** Rows of tables as JSON has them: one schema a type of column. */
import { type TObject, type TProperties, type TSchema, Type } from 'typebox';
import type { ColumnType } from '../lake/table.ts';

export const TIME = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$',
  description: 'UTC, to the microsecond',
});
export const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()]);

/** As rows are written: what JSON has no number for is a string. */
export const CELLS: Readonly<Record<ColumnType, TSchema>> = {
  string: orNull(Type.String()),
  boolean: orNull(Type.Boolean()),
  long: orNull(Type.Union([Type.Integer(), Type.String({ pattern: '^-?\\d{16,}$' })])),
  double: orNull(Type.Union([Type.Number(), Type.Enum(['NaN', 'Infinity', '-Infinity'])])),
  date: orNull(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })),
  timestamp: orNull(TIME),
};

/** @param always columns that no row is without. */
export function rowOf(columns: Readonly<Record<string, ColumnType>>, always: TProperties): TObject {
  const cells = Object.entries(columns).map(([name, type]) => [name, Type.Optional(CELLS[type])]);
  return Type.Object({ ...Object.fromEntries(cells), ...always });
}
