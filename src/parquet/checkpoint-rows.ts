/** Rows of a Parquet checkpoint as actions, whichever engine read them. */
import type { Action } from '../delta/log/actions.ts';
import { toAction } from '../delta/log/commit-json.ts';

/** Columns of MAP type, which some engines give as lists of `{key, value}`. */
const MAPS: ReadonlySet<string> = new Set(['partitionValues', 'tags', 'configuration', 'options']);

/** @param row one column that is not null: the action of the row. */
export function actionsOfRow(row: Record<string, unknown>, name: string): Action[] {
  const actions: Action[] = [];
  for (const [kind, fields] of Object.entries(row)) {
    if (fields !== null && fields !== undefined) {
      actions.push(toAction({ [kind]: cleaned(fields as Record<string, unknown>) }, name));
    }
  }
  return actions;
}

function cleaned(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    // Copies of what `stats` and `partitionValues` say, typed by the schema; the texts are the source.
    if (value === null || value === undefined || key === 'stats_parsed' || key === 'partitionValues_parsed')
      continue;
    if (MAPS.has(key) && Array.isArray(value)) {
      const pairs = value as { key: string; value: unknown }[];
      kept[key] = Object.fromEntries(pairs.map((pair) => [pair.key, pair.value]));
    } else if (key === 'format' || key === 'deletionVector')
      kept[key] = cleaned(value as Record<string, unknown>);
    else kept[key] = value;
  }
  return kept;
}
