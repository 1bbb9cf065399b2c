/** Bars, indicators and features of a symbol, with the holes between them. */
import { LakeError } from '../base/errors.ts';
import type { LakeTable } from '../lake/table.ts';
import { BAR_CORRECTIONS_TABLE } from '../lake/tables/bar-corrections.ts';
import { BARS_1M_TABLE } from '../lake/tables/bars-1m.ts';
import { BARS_ROLLUP_TABLE } from '../lake/tables/bars-rollup.ts';
import { FEATURES_TABLE } from '../lake/tables/features.ts';
import { INDICATORS_TABLE } from '../lake/tables/indicators.ts';
import { fillHoles } from './fill-holes.ts';
import { findSeries } from './find-series.ts';
import type { LakeReader } from './lake-reader.ts';
import { type ListAnswer, microsOf, type Page, type Span } from './list-answer.ts';
import { newestTime } from './newest-time.ts';
import type { PinnedLake } from './pinned-lake.ts';
import { readSeries } from './read-series.ts';
import { type ResultTable, timesOf } from './result-table.ts';
import { seriesHoles } from './series-holes.ts';
import { runsOf } from './series-runs.ts';
import type { Series, SeriesSource } from './series-source.ts';
import { parseSymbol } from './symbol-name.ts';
import { lengthUsOf, type Timeframe } from './timeframes.ts';

export type BarKind = 'bars' | 'indicators' | 'features';

export interface BarQuestion extends Span {
  readonly kind: BarKind;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly known: 'first' | 'corrected';
  readonly fill: 'none' | 'previous';
}

/** The table of the rows first, then those that are read beside it. */
export function barTables({
  kind,
  timeframe,
}: Pick<BarQuestion, 'kind' | 'timeframe'>): readonly LakeTable[] {
  if (kind === 'indicators') return [INDICATORS_TABLE];
  if (kind === 'features') return [FEATURES_TABLE];
  return timeframe === '1m' ? [BARS_1M_TABLE, BAR_CORRECTIONS_TABLE] : [BARS_ROLLUP_TABLE];
}

/** Reads the newest day of all symbols into memory, from where most questions are answered. */
export async function holdNewestBars(reader: LakeReader): Promise<void> {
  const lake = await reader.pin([BARS_1M_TABLE.name, BAR_CORRECTIONS_TABLE.name]);
  const stepUs = lengthUsOf('1m');
  await reader.recent.hold(lake, {
    table: BARS_1M_TABLE,
    filters: {},
    stepUs,
    correctedBy: BAR_CORRECTIONS_TABLE,
  });
}

/** @throws LakeError SYMBOL_NOT_FOUND, USAGE. */
export async function listBars(lake: PinnedLake, question: BarQuestion, page: Page): Promise<ListAnswer> {
  checkKnown(question);
  const [table = BARS_1M_TABLE] = barTables(question);
  const series = await findSeries(lake, table, parseSymbol(question.symbol), page.signal);
  const stepUs = lengthUsOf(question.timeframe);
  const source = sourceOf(lake, question, table, series);
  const { rows, firstUs, lastUs, next, isBackward } = await readSeries(lake, source, question, page);
  const newestUs =
    isBackward && page.position === undefined && question.toUs === undefined
      ? lastUs
      : await newestTime(lake, source, page.signal);
  const completeUntilUs = newestUs === undefined ? undefined : newestUs + stepUs;
  const covered = await coveredSpan(lake, source, question, page, {
    next,
    isBackward,
    firstUs,
    completeUntilUs,
  });
  const runs = runsOf(rows, table.timeColumn, stepUs);
  const holes = seriesHoles({ runs, span: covered, isWithinDays: series.market === 'stocks' });
  if (question.fill === 'none') return { rows, next, completeUntilUs, holes };
  const firstHoleUs = holes[0] && microsOf(holes[0].from);
  const isSeedNeeded = firstHoleUs !== undefined && (firstUs === undefined || firstHoleUs < firstUs);
  const seed = isSeedNeeded ? await rowBefore(lake, source, firstHoleUs, page.signal) : undefined;
  const timesUs = timesOf(rows, table.timeColumn);
  const filled = fillHoles({ rows, seed, timesUs, stepUs, holes, limit: page.limit, isBackward });
  return { ...filled, next: filled.next ?? next, completeUntilUs, holes };
}

function checkKnown({ kind, timeframe, known, fill }: BarQuestion): void {
  if (known === 'first' && (kind !== 'bars' || timeframe !== '1m')) {
    throw new LakeError('USAGE', '`known=first` is for bars of 1m', {
      hint: 'what longer bars, indicators and features were at a time: `as_of`',
    });
  }
  if (fill === 'previous' && kind !== 'bars')
    throw new LakeError('USAGE', '`fill=previous` is for bars', { hint: 'leave it out' });
}

function sourceOf(
  lake: PinnedLake,
  { kind, timeframe, known }: BarQuestion,
  table: LakeTable,
  series: Series,
): SeriesSource {
  const stepUs = lengthUsOf(timeframe);
  const filters: Record<string, string> = table === BARS_1M_TABLE ? {} : { timeframe };
  const isCorrected = kind === 'bars' && timeframe === '1m' && known === 'corrected';
  if (!isCorrected || lake.table(BAR_CORRECTIONS_TABLE.name) === undefined)
    return { table, series, filters, stepUs };
  return {
    table,
    series,
    filters,
    stepUs,
    correctedBy: BAR_CORRECTIONS_TABLE,
    wrap: (plain) => ({
      sql: `SELECT * EXCLUDE (revision) FROM (
  SELECT *, 0 AS revision FROM (${plain(table.name)}) UNION ALL BY NAME ${plain(BAR_CORRECTIONS_TABLE.name)}
) QUALIFY row_number() OVER (PARTITION BY open_time ORDER BY revision DESC) = 1`,
      alsoReads: [BAR_CORRECTIONS_TABLE],
    }),
  };
}

interface ReadPage {
  readonly next: unknown;
  readonly isBackward: boolean;
  readonly firstUs: bigint | undefined;
  readonly completeUntilUs: bigint | undefined;
}

/** What a page speaks for: from the end of the row before it to the row after it, or to what is complete. */
async function coveredSpan(
  lake: PinnedLake,
  source: SeriesSource,
  question: BarQuestion,
  page: Page,
  { next, isBackward, firstUs, completeUntilUs }: ReadPage,
): Promise<Span> {
  const { position, signal } = page;
  const { stepUs } = source;
  const asked = question.toUs ?? completeUntilUs;
  const complete = completeUntilUs ?? asked;
  const end = asked === undefined || complete === undefined ? asked : asked < complete ? asked : complete;
  if (isBackward) {
    const toUs = position && 'beforeUs' in position ? position.beforeUs : end;
    return { fromUs: next === undefined ? startOf(question, stepUs) : undefined, toUs };
  }
  const toUs = next === undefined ? end : undefined;
  if (position && 'afterUs' in position) return { fromUs: position.afterUs + stepUs, toUs };
  const fromUs = startOf(question, stepUs);
  if (fromUs === undefined || firstUs === fromUs) return { fromUs, toUs };
  // A series that begins later has no hole before its beginning.
  const earlier = await rowBefore(lake, source, fromUs, signal);
  return { fromUs: earlier.rowCount > 0 ? fromUs : undefined, toUs };
}

async function rowBefore(
  lake: PinnedLake,
  source: SeriesSource,
  toUs: bigint,
  signal: AbortSignal,
): Promise<ResultTable> {
  const page = { limit: 1, position: undefined, signal };
  return (await readSeries(lake, source, { fromUs: undefined, toUs }, page)).rows;
}

/** The first bar that can begin in the span; undefined where nothing says that there should be an earlier one. */
function startOf({ fromUs }: Span, stepUs: bigint): bigint | undefined {
  return fromUs === undefined ? undefined : ((fromUs + stepUs - 1n) / stepUs) * stepUs;
}
