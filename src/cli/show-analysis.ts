/** The overview of a lake: storage first, then the saved analyses, each as a table of its own, some with a picture. */
import type { NamedQuery } from '../query/named-queries.ts';
import type { CommandContext, Flags } from './context.ts';
import { chooseFormat } from './output/format.ts';
import type { JsonValue } from './output/json-value.ts';
import { streamSink } from './output/sink.ts';
import { tableWriter } from './output/table-writer.ts';
import { type Answer, ask, askCoverage, askHours, type LakeQuestion } from './overview-data.ts';
import { addTrend, TREND_COLUMN } from './pictures/add-trend.ts';
import { coverageStrip, stripCellMinutes } from './pictures/coverage-strip.ts';
import { hourlyBars } from './pictures/hourly-bars.ts';
import { lineChart } from './pictures/line-chart.ts';
import { runningTotal } from './pictures/liquidation-hours.ts';
import { type PictureStyle, paint, wrapText } from './pictures/picture-style.ts';
import { printRows } from './print-rows.ts';

export interface AnalysisRequest extends CommandContext, LakeQuestion {
  readonly flags: Flags;
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
      const { columns, rows } = await ask(request, section.sql);
      for (const row of rows) {
        const record = Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null]));
        all.push({ analysis: section.name, row: record });
      }
    }
    return printRows(request.io, request.flags, all);
  }
  for (const section of sections) await showSection(request, section);
}

async function showSection(request: AnalysisRequest, section: NamedQuery): Promise<void> {
  const { io } = request;
  const style = { width: io.stdout.columns ?? 80, unicode: io.unicode, color: io.dataColor };
  const answer = await ask(request, section.sql);
  if (answer.rows.length === 0) return;
  const { columns, rows } = await withTrend(request, section, answer, style);
  io.print(`\n${paint(wrapText(section.title, style.width), 'bold', style.color)}\n`);
  const writer = tableWriter(columns, streamSink(io.stdout), {
    width: io.stdout.isTTY ? style.width : undefined,
    unicode: io.unicode,
    whole: [TREND_COLUMN],
  });
  await writer.rows(rows);
  await writer.end();
  for (const picture of await picturesOf(request, section.name, style)) io.print(`\n${picture}`);
}

/** On a narrow terminal a list has no room for it. */
async function withTrend(
  request: AnalysisRequest,
  { trend }: NamedQuery,
  list: Answer,
  { width, unicode }: PictureStyle,
): Promise<Answer> {
  if (trend === undefined || width < 72) return list;
  const hoursPerChar = width < 120 ? 2 : 1;
  return addTrend(list, await ask(request, trend.sql), { hoursPerChar, unicode, floor: trend.floor });
}

async function picturesOf(
  request: AnalysisRequest,
  section: string,
  style: PictureStyle,
): Promise<readonly string[]> {
  if (section === 'liquidations-by-hour') {
    const hours = await askHours(request);
    const total = `Running total, at least\n\n${lineChart(runningTotal(hours), style)}`;
    return hours.length > 1 ? [hourlyBars(hours, style), total] : [hourlyBars(hours, style)];
  }
  if (section !== 'coverage') return [];
  const cellMinutes = stripCellMinutes(style.width);
  const nowMs = request.flags.asOf === undefined ? Date.now() : undefined;
  const days = await askCoverage(request, cellMinutes, nowMs);
  return days.length > 0 ? [coverageStrip(days, cellMinutes, style)] : [];
}
