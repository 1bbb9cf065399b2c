/** `crypto-lake tables --history NAME`: the commits of a table, newest first. */
import { type HistoryEntry, readHistory } from '../../delta/log/history.ts';
import type { TableStore } from '../../delta/store/table-store.ts';
import { chooseFormat } from '../../output/choose-format.ts';
import type { Flags } from '../context.ts';
import type { Io } from '../io.ts';
import { outputOptions } from '../output-flags.ts';
import { printRows } from '../print-rows.ts';
import { toSecond } from './show-storage.ts';

const MAX_COMMITS = 1000;
const COLUMNS = {
  version: 'integer',
  time: 'time',
  operation: 'name',
  files_added: 'integer',
  files_removed: 'integer',
  rows: 'integer',
  engine: 'text',
} as const;

export async function showHistory(io: Io, flags: Flags, store: TableStore): Promise<void> {
  const rows = (await readHistory(store, MAX_COMMITS)).map(asRow);
  const isTable = chooseFormat(outputOptions(flags), io) === 'table';
  const shown = isTable ? rows.map((row) => ({ ...row, time: toSecond(row.time) })) : rows;
  return printRows(io, flags, COLUMNS, shown);
}

function asRow({ version, timeMs, info, adds, removes }: HistoryEntry) {
  return {
    version,
    time: new Date(timeMs).toISOString(),
    operation: info.operation ?? null,
    files_added: adds,
    files_removed: removes,
    rows: Number(info.operationMetrics?.numOutputRows ?? Number.NaN) || null,
    engine: info.engineInfo ?? null,
  };
}
