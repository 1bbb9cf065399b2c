/** What the pictures of a lake show, as the tables know it. Every picture, in the terminal or in a file, starts here. */

import { type AskedTime, askedSql, FRESH_MS } from '../../lake/asked-sql.ts';
import { NAMED_QUERIES } from '../../lake/registry.ts';
import { toJson } from '../../output/cell.ts';
import type { Row } from '../../output/row-writer.ts';
import { interruptible } from '../session/interruptible.ts';
import type { LakeSession } from '../session/lake-session.ts';
import { checkedStatement } from '../session/sql-guard.ts';
import { type CoverageDay, coverageDays, DAY_MS, type Span } from './coverage-days.ts';
import { type LiquidationHour, liquidationHours } from './liquidation-hours.ts';

export interface LakeQuestion extends AskedTime {
  readonly session: LakeSession;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** All rows of a query in memory. @param sql may have `$since` and `$until`. */
export async function ask(question: LakeQuestion, sql: string): Promise<Answer> {
  const { session, signal } = question;
  const result = await interruptible(session, signal, async () => {
    const statement = await checkedStatement(session.connection, askedSql(sql, question));
    return statement.runAndReadAll();
  });
  return { columns: result.columnNames(), rows: result.getRows().map((row) => row.map(toJson)) };
}

export async function askHours(question: LakeQuestion): Promise<readonly LiquidationHour[]> {
  const query = NAMED_QUERIES.find(({ name }) => name === 'liquidations-by-hour');
  return query ? liquidationHours((await ask(question, query.sql)).rows, await askSpans(question)) : [];
}

const MAX_DAYS = 31;

/**
 * Yesterday and today, or all days since a time; up to now, unless the newest coverage is older than a day.
 * @returns nothing for a lake that never listened.
 */
export async function askCoverage(
  question: LakeQuestion,
  cellMinutes: number,
): Promise<readonly CoverageDay[]> {
  const spans = await askSpans(question);
  const newestMs = spans.at(-1)?.endMs;
  if (newestMs === undefined) return [];
  const ageMs = (question.nowMs ?? newestMs) - newestMs;
  const untilMs = ageMs > FRESH_MS && ageMs < DAY_MS ? newestMs + ageMs : newestMs;
  const firstDay = Math.floor((question.sinceMs ?? untilMs - DAY_MS) / DAY_MS);
  const dayCount = Math.min(MAX_DAYS, Math.max(1, Math.floor(untilMs / DAY_MS) - firstDay + 1));
  return coverageDays(spans, { untilMs, dayCount, cellMinutes });
}

const SPANS_SQL = `SELECT started_at, ended_at FROM coverage_spans
WHERE ended_at >= (SELECT max(ended_at) FROM coverage_spans) - INTERVAL ${MAX_DAYS + 1} DAY ORDER BY 1`;

async function askSpans(question: LakeQuestion): Promise<readonly Span[]> {
  const { rows } = await ask(question, SPANS_SQL);
  return rows.map(([start, end]) => ({
    startMs: Date.parse(String(start)),
    endMs: Date.parse(String(end)),
  }));
}
