/**
 * Statistics of a data file from the columns it was made of.
 * Source: Delta protocol, "Per-file Statistics". Wrong bounds lose rows in silence, missing ones only cost speed.
 */
import { statsText } from '../../delta/format/stats.ts';
import { statsBound } from '../../delta/format/stats-bounds.ts';
import { compareUtf8 } from '../../delta/format/stats-strings.ts';
import type { LakeTable } from '../../lake/table.ts';
import { NumberColumn } from '../rows/column-builder.ts';
import type { Columns } from '../rows/table-batch.ts';

/** @param indexed names of the columns that the table wants statistics of. @returns the JSON text for `add.stats`. */
export function columnStats(table: LakeTable, columns: Columns, indexed: ReadonlySet<string>): string {
  const minValues: Record<string, unknown> = {};
  const maxValues: Record<string, unknown> = {};
  const nullCount: Record<string, number> = {};
  for (const [name, type] of Object.entries(table.columns)) {
    if (!indexed.has(name)) continue;
    const column = columns.byName[name];
    if (column === undefined) continue;
    nullCount[name] = column.nullCount;
    // Protocol: booleans have no bounds.
    if (type === 'boolean') continue;
    const extremes = column instanceof NumberColumn ? extremeNumbers(column) : extremeTexts(column.distinct);
    if (extremes === undefined) continue;
    const [min, max] = [statsBound(type, 'min', extremes.min), statsBound(type, 'max', extremes.max)];
    if (min !== undefined) minValues[name] = min;
    if (max !== undefined) maxValues[name] = max;
  }
  return statsText({ numRecords: columns.rowCount, minValues, maxValues, nullCount });
}

interface Extremes<T> {
  readonly min: T;
  readonly max: T;
}

function extremeTexts(texts: readonly (string | null)[]): Extremes<string> | undefined {
  let min: string | undefined;
  let max: string | undefined;
  for (const text of texts) {
    if (text === null) continue;
    if (min === undefined || compareUtf8(text, min) < 0) min = text;
    if (max === undefined || compareUtf8(text, max) > 0) max = text;
  }
  return min === undefined || max === undefined ? undefined : { min, max };
}

function extremeNumbers({ values, nulls }: NumberColumn): Extremes<number> | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let row = 0;
  for (let next = 0; next <= nulls.length; next++) {
    const until = nulls[next] ?? values.length;
    for (; row < until; row++) {
      const cell = values[row] as number;
      // JSON has no NaN and no infinity: a column that holds one has no bounds.
      if (cell - cell !== 0) return undefined;
      if (cell < min) min = cell;
      if (cell > max) max = cell;
    }
    row++;
  }
  return min > max ? undefined : { min, max };
}
