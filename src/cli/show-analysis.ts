/** The overview of a lake: storage first, then the saved analyses, each as a table of its own. */
import { checkedStatement } from '../query/checked-statement.ts';
import type { LakeSession } from '../query/lake-session.ts';
import { type NamedQuery, sinceSql } from '../query/named-queries.ts';
import type { CommandContext, Flags } from './context.ts';
import { hourlyChart } from './hourly-chart.ts';
import { toJson } from './output/cell.ts';
import { chooseFormat } from './output/format.ts';
import type { JsonValue } from './output/json-value.ts';
import { streamSink } from './output/sink.ts';
import { tableWriter } from './output/table-writer.ts';
import { printRows } from './print-rows.ts';

export interface AnalysisRequest extends CommandContext {
  readonly session: LakeSession;
  readonly flags: Flags;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number | undefined;
  readonly queries: readonly NamedQuery[];
}

const SPANS_SQL = `SELECT 'liquidation' AS "table", count(*) AS rows, min(trade_time) AS oldest, max(trade_time) AS newest FROM liquidation WHERE trade_time >= $since
UNION ALL SELECT 'prices', count(*), min(collected_at), max(collected_at) FROM prices WHERE collected_at >= $since
UNION ALL SELECT 'coverage', count(*), min(started_at), max(ended_at) FROM coverage WHERE ended_at >= $since
UNION ALL SELECT 'quarantine', count(*), min(received_at), max(received_at) FROM quarantine WHERE received_at >= $since`;

export async function showAnalysis(request: AnalysisRequest): Promise<void> {
  const sections = [{ name: 'tables', title: 'What is stored', sql: SPANS_SQL }, ...request.queries];
  if (chooseFormat(request.flags, true) !== 'table') {
    const all: Record<string, JsonValue>[] = [];
    for (const section of sections) {
      for (const row of (await rowsOf(request, section)).records) all.push({ analysis: section.name, row });
    }
    return printRows(request.io, request.flags, all);
  }
  for (const section of sections) await showSection(request, section);
}

async function showSection(request: AnalysisRequest, section: NamedQuery): Promise<void> {
  const { io } = request;
  const { columns, rows } = await rowsOf(request, section);
  if (rows.length === 0) return;
  io.print(`\n${section.title}\n`);
  const sink = streamSink(io.stdout);
  const writer = tableWriter(columns, sink, {
    width: io.stdout.isTTY ? (io.stdout.columns ?? 80) : undefined,
  });
  await writer.rows(rows);
  await writer.end();
  if (section.name === 'liquidations-by-hour') io.print(`\n${hourlyChart(rows, io.stdout.columns ?? 80)}`);
}

async function rowsOf({ session, sinceMs, signal }: AnalysisRequest, { sql }: NamedQuery) {
  const statement = await checkedStatement(session.connection, sinceSql(sql, sinceMs));
  signal.throwIfAborted();
  const result = await statement.runAndReadAll();
  const columns = result.columnNames();
  const rows = result.getRows().map((row) => row.map(toJson));
  const records = rows.map((row) =>
    Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])),
  );
  return { columns, rows, records };
}
