/**
 * Conditions on columns, and whether a file with given bounds may hold a row that meets them. What is not understood
 * is `unknown` and may always be met: a file too many costs time, a file too few would be a wrong answer.
 */
import { compareUtf8 } from '../../delta/format/stats-strings.ts';

/** Texts as they are, dates as days, timestamps as microseconds, integers as they are. */
export type Comparable = string | bigint;

export interface Comparison {
  readonly kind: 'compare';
  readonly column: string;
  readonly operator: Operator;
  readonly value: Comparable;
}

export type Predicate<C = Comparison> =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Predicate<C>[] }
  | C
  | { readonly kind: 'is-null'; readonly column: string; readonly isNull: boolean }
  | { readonly kind: 'unknown' };

export type Operator = '=' | '<' | '<=' | '>' | '>=';

/** What is known of a column's values in a file. */
export interface Bounds {
  readonly min?: Comparable | undefined;
  readonly max?: Comparable | undefined;
  /** All are null: no comparison holds. */
  readonly isAllNull?: boolean;
  /** None is null. */
  readonly hasNoNull?: boolean;
}

export const UNKNOWN = { kind: 'unknown' } as const;

export function mayMatch(predicate: Predicate, boundsOf: (column: string) => Bounds): boolean {
  switch (predicate.kind) {
    case 'and':
      return predicate.parts.every((part) => mayMatch(part, boundsOf));
    case 'or':
      return predicate.parts.some((part) => mayMatch(part, boundsOf));
    case 'compare':
      return mayCompare(predicate.operator, predicate.value, boundsOf(predicate.column));
    case 'is-null': {
      const bounds = boundsOf(predicate.column);
      return predicate.isNull ? bounds.hasNoNull !== true : bounds.isAllNull !== true;
    }
    case 'unknown':
      return true;
  }
}

function mayCompare(operator: Operator, value: Comparable, { min, max, isAllNull }: Bounds): boolean {
  if (isAllNull === true) return false;
  const isMinBelow = (orEqual: boolean) => min === undefined || isBelow(min, value, orEqual);
  const isMaxAbove = (orEqual: boolean) => max === undefined || isBelow(value, max, orEqual);
  switch (operator) {
    case '=':
      return isMinBelow(true) && isMaxAbove(true);
    case '<':
      return isMinBelow(false);
    case '<=':
      return isMinBelow(true);
    case '>':
      return isMaxAbove(false);
    case '>=':
      return isMaxAbove(true);
  }
}

/** Values of different kinds are never compared: the file is kept. */
function isBelow(a: Comparable, b: Comparable, orEqual: boolean): boolean {
  if (typeof a === 'string' && typeof b === 'string') {
    const order = compareUtf8(a, b);
    return orEqual ? order <= 0 : order < 0;
  }
  if (typeof a === 'bigint' && typeof b === 'bigint') return orEqual ? a <= b : a < b;
  return true;
}
