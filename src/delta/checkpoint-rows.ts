/** Rows of a Parquet checkpoint, given as JSON lines by an engine, as actions. */
import type { Action } from './actions.ts';
import { toAction } from './commit-json.ts';
import { parseJson } from './json.ts';

/** Columns of MAP type, which some engines give as lists of `{key, value}`. */
const MAPS: ReadonlySet<string> = new Set(['partitionValues', 'tags', 'configuration', 'options']);

/** @param lines one JSON object a row, each with one column that is not null. */
export function actionsOfRows(lines: Iterable<string>, name: string): Action[] {
  const actions: Action[] = [];
  for (const line of lines) {
    if (line === '') continue;
    const row = parseJson(line) as Record<string, Record<string, unknown> | null>;
    for (const [kind, fields] of Object.entries(row)) {
      if (fields !== null) actions.push(toAction({ [kind]: cleaned(fields) }, name));
    }
  }
  return actions;
}

function cleaned(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    // Copies of what `stats` and `partitionValues` say, typed by the schema; the texts are the source.
    if (value === null || key === 'stats_parsed' || key === 'partitionValues_parsed') continue;
    if (MAPS.has(key) && Array.isArray(value)) {
      kept[key] = Object.fromEntries(
        (value as { key: string; value: unknown }[]).map((pair) => [pair.key, pair.value]),
      );
    } else if (key === 'format') kept[key] = cleaned(value as Record<string, unknown>);
    else if (key === 'deletionVector') kept[key] = cleaned(value as Record<string, unknown>);
    else kept[key] = value;
  }
  return kept;
}
