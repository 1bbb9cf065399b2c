/** `read --plot FILE`: the pictures of a query, or of the overview, as one SVG or HTML file. */
import { type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import { LakeError } from '../../base/errors.ts';
import { toJson } from '../../output/cell.ts';
import type { LakeQuestion } from '../../query/overview/overview-data.ts';
import { interruptible } from '../../query/session/interruptible.ts';
import { checkedStatement } from '../../query/session/sql-guard.ts';
import type { Plot } from './plot.ts';
import { plotOverview } from './plot-overview.ts';
import { MAX_PLOT_ROWS, type PlotColumn, plotRows } from './plot-rows.ts';
import { writePlotFile } from './write-plot-file.ts';

/** @throws LakeError USAGE for another ending than `.svg` or `.html`. */
export function checkPlotFile(file: string): string {
  if (/\.(svg|html)$/i.test(file)) return file;
  throw new LakeError('USAGE', `\`--plot ${file.slice(0, 100)}\` is neither \`.svg\` nor \`.html\``, {
    hint: 'for example `--plot lake.svg`',
  });
}

/** @param sql undefined for the overview. @throws LakeError USAGE, SQL_…, QUERY_FAILED. */
export async function writePlot(
  file: string,
  say: (line: string) => void,
  question: LakeQuestion,
  sql: string | undefined,
): Promise<void> {
  checkPlotFile(file);
  const plots = sql === undefined ? await plotOverview(question) : await plotQuery(question, sql);
  if (plots.length === 0) {
    throw new LakeError('USAGE', 'the lake has nothing to draw yet', { hint: 'see `crypto-lake tables`' });
  }
  const title = sql === undefined ? 'crypto-lake' : sql.replace(/\s+/g, ' ').trim();
  await writePlotFile({ say }, file, title, plots);
}

async function plotQuery({ session, signal }: LakeQuestion, sql: string): Promise<readonly Plot[]> {
  const statement = await checkedStatement(session.connection, sql);
  const reader = await interruptible(session, signal, () => statement.streamAndReadUntil(MAX_PLOT_ROWS + 1));
  const rows = reader.getRows();
  if (rows.length > MAX_PLOT_ROWS) {
    throw new LakeError('USAGE', `more than ${MAX_PLOT_ROWS} rows are too many for a picture`, {
      hint: "group them, for example by `date_trunc('hour', trade_time)`",
    });
  }
  const types = reader.columnTypes();
  const columns = reader.columnNames().map((name, index) => ({ name, kind: kindOf(types[index]) }));
  return plotRows(
    columns,
    rows.map((row) => row.map(toJson)),
  );
}

function kindOf(type: DuckDBType | undefined): PlotColumn['kind'] {
  const name = type === undefined ? '' : DuckDBTypeId[type.typeId];
  if (/^(DATE|TIMESTAMP)/.test(name)) return 'time';
  return /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)$/.test(name) ? 'number' : 'text';
}
