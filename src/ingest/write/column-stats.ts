/**
 * Statistics of a data file from the columns it was made of.
 * Source: Delta protocol, "Per-file Statistics". Wrong bounds lose rows in silence, missing ones only cost speed.
 */
import { compareUtf8, lowerBound, upperBound } from '../../delta/format/stats-strings.ts';
import type { ColumnType, LakeTable } from '../../lake/table.ts';
import { NumberColumn } from '../rows/column-builder.ts';
import type { Columns } from '../rows/table-batch.ts';

type Bound = string | number;

/** @param indexed names of the columns that the table wants statistics of. @returns the JSON text for `add.stats`. */
export function columnStats(table: LakeTable, columns: Columns, indexed: ReadonlySet<string>): string {
  const minValues: Record<string, Bound> = {};
  const maxValues: Record<string, Bound> = {};
  const nullCount: Record<string, number> = {};
  for (const [name, type] of Object.entries(table.columns)) {
    if (!indexed.has(name)) continue;
    const column = columns.byName[name];
    if (column === undefined) continue;
    nullCount[name] = column.nullCount;
    // Protocol: booleans have no bounds.
    if (type === 'boolean') continue;
    const bounds =
      column instanceof NumberColumn ? numberBounds(column, type) : stringBounds(column.distinct);
    if (bounds.min !== undefined) minValues[name] = bounds.min;
    if (bounds.max !== undefined) maxValues[name] = bounds.max;
  }
  return JSON.stringify({ numRecords: columns.rowCount, minValues, maxValues, nullCount });
}

interface Bounds {
  readonly min?: Bound | undefined;
  readonly max?: Bound | undefined;
}

function stringBounds(texts: readonly (string | null)[]): Bounds {
  let min: string | undefined;
  let max: string | undefined;
  for (const text of texts) {
    if (text === null) continue;
    if (min === undefined || compareUtf8(text, min) < 0) min = text;
    if (max === undefined || compareUtf8(text, max) > 0) max = text;
  }
  return {
    min: min === undefined ? undefined : lowerBound(min),
    max: max === undefined ? undefined : upperBound(max),
  };
}

function numberBounds(column: NumberColumn, type: ColumnType): Bounds {
  const { values, nulls } = column;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let nextNull = 0;
  for (let row = 0; row < values.length; row++) {
    if (row === nulls[nextNull]) {
      nextNull++;
      continue;
    }
    const cell = values[row] ?? 0;
    // JSON has no NaN and no infinity: a column that holds one has no bounds.
    if (!Number.isFinite(cell)) return {};
    if (cell < min) min = cell;
    if (cell > max) max = cell;
  }
  if (min > max) return {};
  if (type !== 'timestamp') return { min, max };
  // Statistics hold milliseconds: the minimum is floored and the maximum is rounded up, so that both are bounds.
  return { min: isoMs(Math.floor(min / 1000)), max: isoMs(Math.ceil(max / 1000)) };
}

function isoMs(ms: number): string {
  return new Date(ms).toISOString();
}
