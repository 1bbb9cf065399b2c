/** The overview of a lake: storage first, then the saved analyses, each as a table of its own, some with a picture. */
import { LakeError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { addTrend, TREND_COLUMN } from '../../charts/terminal/add-trend.ts';
import { coverageStrip, stripCellMinutes } from '../../charts/terminal/coverage-strip.ts';
import { hourlyBars } from '../../charts/terminal/hourly-bars.ts';
import { lineChart } from '../../charts/terminal/line-chart.ts';
import { type PictureStyle, paint } from '../../charts/terminal/picture-style.ts';
import { LAKE_TABLES } from '../../lake/registry.ts';
import type { NamedQuery } from '../../lake/table.ts';
import { chooseFormat } from '../../output/choose-format.ts';
import type { JsonValue } from '../../output/json-value.ts';
import { fileOf, isShown } from '../../output/output-options.ts';
import type { Row } from '../../output/row-writer.ts';
import type { Sink } from '../../output/sink.ts';
import { tableWriter } from '../../output/table-writer.ts';
import { withSink } from '../../output/with-sink.ts';
import { wrapText } from '../../output/wrap-text.ts';
import { runningTotal } from '../../query/overview/liquidation-hours.ts';
import {
  type Answer,
  ask,
  askCoverage,
  askHours,
  type LakeQuestion,
} from '../../query/overview/overview-data.ts';
import type { CommandContext, Flags } from '../context.ts';
import { outputOptions } from '../output-flags.ts';
import { printRows } from '../print-rows.ts';

export interface AnalysisRequest extends CommandContext, LakeQuestion {
  readonly flags: Flags;
  readonly queries: readonly NamedQuery[];
}

/** @throws LakeError TABLE_… of a table that is broken, after everything that the others tell. */
export async function showAnalysis(request: AnalysisRequest): Promise<void> {
  const { config, io, flags, session } = request;
  if (session.isEmpty)
    io.say(
      `${printable(config.lake, 1000)} has no tables yet: \`crypto-lake both\` fills it, \`crypto-lake demo\` shows how`,
    );
  const met = new Map<string, LakeError>();
  const unlessBroken: UnlessBroken = async (work) => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LakeError) || !isOfOneTable(error)) throw error;
      met.set(error.message, error);
      return undefined;
    }
  };
  const sections = [STORED, ...request.queries.map((query) => ({ ...query, sqls: [query.sql] }))];
  if (chooseFormat(outputOptions(flags), io, 'table') === 'table') {
    await withSink(outputOptions(flags), io, async (sink) => {
      for (const section of sections) {
        const answer = await answerOf(request, section.sqls, unlessBroken);
        await unlessBroken(() => showSection(request, sink, section, answer));
      }
    });
  } else {
    const all: { analysis: string; row: JsonValue }[] = [];
    for (const section of sections)
      all.push(...recordsOf(section.name, await answerOf(request, section.sqls, unlessBroken)));
    await printRows(io, flags, { analysis: 'text', row: 'text' }, all);
  }
  for (const { name, error } of session.broken)
    if (!met.has(error.message)) io.say(`${name} cannot be read: ${error.message}`);
  const [first, ...others] = met.values();
  for (const { message } of others) io.say(message);
  if (first) throw first;
}

function isOfOneTable({ code, exitCode }: LakeError): boolean {
  return exitCode === 6 || code === 'PERMISSION_DENIED';
}

type UnlessBroken = <T>(work: () => Promise<T>) => Promise<T | undefined>;

interface Section extends Omit<NamedQuery, 'sql'> {
  /** Of the same columns: one that cannot be answered is left out. */
  readonly sqls: readonly string[];
}

const STORED: Section = {
  name: 'tables',
  title: 'What is stored',
  sqls: LAKE_TABLES.map(
    ({ name, timeColumn }) =>
      `SELECT '${name}' AS "table", count(*) AS rows, min(${timeColumn}) AS oldest, max(${timeColumn}) AS newest
FROM ${name} WHERE ${timeColumn} >= $since HAVING count(*) > 0`,
  ),
};

async function answerOf(
  request: AnalysisRequest,
  sqls: readonly string[],
  unlessBroken: UnlessBroken,
): Promise<Answer> {
  let columns: readonly string[] = [];
  const rows: Row[] = [];
  for (const sql of sqls) {
    const answer = await unlessBroken(() => ask(request, sql));
    if (answer === undefined) continue;
    columns = answer.columns;
    rows.push(...answer.rows);
  }
  return { columns, rows };
}

function recordsOf(analysis: string, { columns, rows }: Answer): { analysis: string; row: JsonValue }[] {
  return rows.map((row) => ({
    analysis,
    row: Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])),
  }));
}

async function showSection(
  request: AnalysisRequest,
  sink: Sink,
  section: Section,
  answer: Answer,
): Promise<void> {
  const { io, flags } = request;
  const options = outputOptions(flags);
  const isSeen = isShown(options, io);
  const color = io.dataColor && fileOf(options) === undefined;
  const style = { width: io.stdout.columns || 80, unicode: io.unicode, color };
  if (answer.rows.length === 0) return;
  const { columns, rows } = await withTrend(request, section, answer, style);
  await sink.write(`\n${paint(wrapText(section.title, style.width).join('\n'), 'bold', style.color)}\n\n`);
  const writer = tableWriter(columns, sink, {
    width: isSeen && options.truncate ? style.width : undefined,
    unicode: io.unicode,
    fit: { [TREND_COLUMN]: 'whole' },
  });
  await writer.rows(rows);
  await writer.end();
  for (const picture of await picturesOf(request, section.name, style)) await sink.write(`\n${picture}\n`);
}

/** On a narrow terminal a list has no room for it. */
async function withTrend(
  request: AnalysisRequest,
  { trend }: Section,
  list: Answer,
  { width, unicode }: PictureStyle,
): Promise<Answer> {
  if (trend === undefined || width < 72) return list;
  const hoursPerChar = width < 120 ? 2 : 1;
  return addTrend(list, await ask(request, trend.sql), { hoursPerChar, unicode, floor: trend.floor });
}

/** Above the hours, which are of all venues together. */
const SAMPLE = 'All venues, at least (streams: samples)';

async function picturesOf(
  request: AnalysisRequest,
  section: string,
  style: PictureStyle,
): Promise<readonly string[]> {
  if (section === 'liquidations-by-hour') {
    const hours = await askHours(request);
    const total = `Running total, at least\n\n${lineChart(runningTotal(hours), style)}`;
    const bars = `${SAMPLE}\n\n${hourlyBars(hours, style)}`;
    return hours.length > 1 ? [bars, total] : [bars];
  }
  if (section !== 'coverage') return [];
  const cellMinutes = stripCellMinutes(style.width);
  const days = await askCoverage(request, cellMinutes);
  return days.length > 0 ? [coverageStrip(days, cellMinutes, style)] : [];
}
