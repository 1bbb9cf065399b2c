/** Adds the bar that is not closed yet to the newest page of bars; every row says whether it is `closed`. */
import { BOOLEAN, DuckDBTimestampTZValue, type DuckDBValue } from '@duckdb/node-api';
import { LakeError } from '../base/errors.ts';
import type { BarQuestion } from '../questions/bar-lists.ts';
import { type ListAnswer, microsOf, type Page } from '../questions/list-answer.ts';
import { columnOf, slice } from '../questions/read-series.ts';
import type { Hub } from './hub.ts';

/** @throws LakeError USAGE where nothing forms. */
export function withForming(answer: ListAnswer, question: BarQuestion, page: Page, hub: Hub): ListAnswer {
  if (question.kind !== 'bars' || question.timeframe !== '1m') {
    throw new LakeError('USAGE', '`forming=true` is for bars of 1m', { hint: 'leave it out' });
  }
  const { rows } = answer;
  const cell = (name: string) => String(columnOf(rows, name)[0] ?? '');
  const isNewest = page.position === undefined && question.toUs === undefined;
  const forming = isNewest ? hub.formingOf(cell('venue'), cell('market'), cell('symbol')) : undefined;
  const closed =
    rows.columns.length === 0 ? [] : Array.from({ length: rows.rowCount }, (): DuckDBValue => true);
  const named = {
    ...rows,
    names: [...rows.names, 'closed'],
    types: [...rows.types, BOOLEAN],
    columns: [...rows.columns, closed],
  };
  if (forming === undefined || !(answer.next === undefined || question.fromUs === undefined))
    return { ...answer, rows: named };
  const columns = named.names.map((name, index) => [
    ...(named.columns[index] ?? []),
    cellOf(name, forming[name]),
  ]);
  const all = { ...named, columns, rowCount: rows.rowCount + 1 };
  // The limit counts it, too: the oldest row makes room.
  return {
    ...answer,
    rows: all.rowCount > page.limit ? slice(all, all.rowCount - page.limit, page.limit) : all,
  };
}

function cellOf(name: string, value: unknown): DuckDBValue {
  if (value === undefined) return null;
  if (name.endsWith('_time') || name === 'known_at')
    return new DuckDBTimestampTZValue(microsOf(String(value)));
  if (name === 'trade_count') return value === null ? null : BigInt(Number(value));
  return value as DuckDBValue;
}
