/** SQL that keeps the rows of a symbol, of the venue or market that its name says; of all of them where it says none. */
import { FIRST_VENUE } from '../lake/first-venue.ts';
import type { SymbolName } from './symbol-name.ts';

export interface Condition {
  /** All of them hold. */
  readonly where: readonly string[];
  /** Of `$name` in them. */
  readonly values: Readonly<Record<string, string>>;
}

export function symbolCondition(name: SymbolName | undefined): Condition {
  if (name === undefined) return { where: [], values: {} };
  const { symbol, place } = name;
  if (place === undefined) return { where: ['symbol = $symbol'], values: { symbol } };
  return {
    where: ['symbol = $symbol', `(coalesce(venue, '${FIRST_VENUE}') = $place OR market = $place)`],
    values: { symbol, place },
  };
}
