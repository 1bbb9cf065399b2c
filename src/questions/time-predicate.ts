/** What a span of time says of a table's files: of their statistics, and of the partition that holds a time. */
import type { LakeTable } from '../lake/table.ts';
import type { Comparison, Predicate } from '../query/skipping/predicate.ts';
import type { Span } from './list-answer.ts';

const DAY_US = 86_400_000_000n;

/** @param table whose `timeColumn` decides its `date`, or, coarser, its `period`. */
export function timePredicate(table: LakeTable, { fromUs, toUs }: Span): Predicate[] {
  const column = table.timeColumn;
  const parts: Predicate[] = [];
  if (fromUs !== undefined) parts.push({ kind: 'compare', column, operator: '>=', value: fromUs });
  if (toUs !== undefined) parts.push({ kind: 'compare', column, operator: '<', value: toUs });
  for (const partition of table.partitionBy) {
    if (table.columns[partition] !== 'date') continue;
    if (fromUs !== undefined) {
      const value = partition === 'period' ? startOfYear(fromUs) : daysOf(fromUs);
      parts.push({ kind: 'compare', column: partition, operator: '>=', value });
    }
    if (toUs !== undefined)
      parts.push({ kind: 'compare', column: partition, operator: '<=', value: daysOf(toUs) });
  }
  return parts;
}

export function equals(column: string, value: string): Comparison {
  return { kind: 'compare', column, operator: '=', value };
}

/** The condition in SQL. Both ends are integers of ours: nothing of them is text from outside. */
export function timeCondition(column: string, { fromUs, toUs }: Span): string {
  const parts = ['true'];
  if (fromUs !== undefined) parts.push(`${column} >= make_timestamptz(${fromUs})`);
  if (toUs !== undefined) parts.push(`${column} < make_timestamptz(${toUs})`);
  return parts.join(' AND ');
}

export function daysOf(us: bigint): bigint {
  return us / DAY_US - (us % DAY_US < 0n ? 1n : 0n);
}

/** A period is a day, a month or a year: the longest one holds for all. */
function startOfYear(us: bigint): bigint {
  const year = new Date(Number(us / 1000n)).getUTCFullYear();
  return BigInt(Date.UTC(year, 0, 1) / 86_400_000);
}
