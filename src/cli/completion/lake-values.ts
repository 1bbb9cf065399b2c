/**
 * What a placeholder stands for in a lake, without Polars or DuckDB, since it is asked at each press of TAB: tables are
 * the folders with a log; symbols are those that upkeep saw last. The log could not tell the symbols (statistics have
 * the first and the last of a file only), and to read the files for them takes DuckDB and seconds.
 */

import type { Config } from '../../config/config.ts';
import { listTables } from '../../lake/lake-catalog.ts';
import { LAKE_TABLES, NAMED_QUERIES } from '../../lake/registry.ts';
import { spoolRoot } from '../../spool/state/spool-folder.ts';
import { readSymbols } from '../../spool/state/symbols-file.ts';
import type { Candidate, Paths } from './complete.ts';

export async function lakeValues(
  placeholder: string,
  config: () => Pick<Config, 'lake' | 'spool'>,
): Promise<readonly Candidate[] | Paths> {
  switch (placeholder) {
    case 'table':
      return (await listTables(config().lake, [])).map((value) => ({ value, description: describe(value) }));
    case 'symbols':
      return (await readSymbols(spoolRoot(config()))).map((value) => ({ value, description: '' }));
    case 'analysis':
      return NAMED_QUERIES.map(({ name, title }) => ({ value: name, description: title }));
    case 'file':
    case 'name=path':
      return 'files';
    case 'folder':
      return 'folders';
    default:
      return [];
  }
}

function describe(table: string): string {
  return LAKE_TABLES.find(({ name }) => name === table)?.description ?? '';
}
