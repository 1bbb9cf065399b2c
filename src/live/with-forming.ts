/** Adds the bar that is not closed yet to the newest page of bars; every row says whether it is `closed`. */
import { BOOLEAN, DuckDBTimestampTZValue, type DuckDBValue } from '@duckdb/node-api';
import { LakeError } from '../base/errors.ts';
import type { BarQuestion } from '../questions/bar-lists.ts';
import { type ListAnswer, microsOf, type Page } from '../questions/list-answer.ts';
import type { PinnedLake } from '../questions/pinned-lake.ts';
import { columnOf, slice } from '../questions/result-table.ts';
import { formingRow } from './forming-row.ts';
import type { Hub } from './hub.ts';

/** @throws LakeError USAGE where nothing forms. */
export async function withForming(
  lake: PinnedLake,
  answer: ListAnswer,
  question: BarQuestion,
  page: Page,
  hub: Hub,
): Promise<ListAnswer> {
  if (question.kind !== 'bars')
    throw new LakeError('USAGE', '`forming=true` is for bars', { hint: 'leave it out' });
  const { rows } = answer;
  const isNewest = page.position === undefined && question.toUs === undefined;
  const row = isNewest ? await formingRow(lake, question, page, answer, hub) : undefined;
  const newest = columnOf(rows, 'open_time').at(-1);
  // It may have been closed and stored meanwhile.
  const isStored =
    row !== undefined &&
    newest instanceof DuckDBTimestampTZValue &&
    newest.micros >= microsOf(String(row.open_time));
  const forming = isStored ? undefined : row;
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

const IDS: ReadonlySet<string> = new Set(['trade_count', 'first_trade_id', 'last_trade_id']);

function cellOf(name: string, value: unknown): DuckDBValue {
  if (value === undefined) return null;
  if (name.endsWith('_time') || name === 'known_at')
    return new DuckDBTimestampTZValue(microsOf(String(value)));
  if (IDS.has(name)) return value === null ? null : BigInt(Number(value));
  return value as DuckDBValue;
}
