/** `quality`: what looks wrong in bars and prices that are new. A finding is stored once, whoever looks again. */
import type { DeltaTable } from '../delta/delta-table.ts';
import { statsColumns } from '../delta/format/stats-columns.ts';
import type { AddFile } from '../delta/log/actions.ts';
import { TableBatch } from '../ingest/rows/table-batch.ts';
import { writeDataFile } from '../ingest/write/write-data-file.ts';
import { QUALITY_TABLE } from '../lake/tables/quality.ts';
import { dayText } from '../lake/timeframe.ts';
import { appIdOf, type DerivedTable, type DeriveRun, nothingDue } from './derive-run.ts';
import type { BarSource } from './input/bar-source.ts';
import type { DayTurn } from './input/day-turns.ts';
import { filesIn, type InputTable, selectOf } from './input/input-table.ts';
import { newFiles } from './input/new-files.ts';
import { BarQuality, type FoundInBar } from './quality/bar-quality.ts';
import { type Finding, findInPrices, findingOf } from './quality/find.ts';
import type { Thresholds } from './quality/quality-check.ts';
import { silentSymbols } from './quality/silent-symbols.ts';

/** So many versions may be looked at twice before a commit without findings says that they were looked at. */
const MOST_UNSAID = 100;
const CLOCK_US = 5 * 60e6;

export interface QualityInputs {
  readonly bars1m: InputTable | undefined;
  readonly prices: InputTable | undefined;
}

export interface QualityBeside {
  /** To look at each day together with others. */
  readonly turn: DayTurn | undefined;
  /** What is to be committed before. */
  readonly after: Promise<unknown>;
}

export async function deriveQuality(
  run: DeriveRun,
  { bars1m, prices }: QualityInputs,
  source: BarSource,
  thresholds: Thresholds,
  beside?: QualityBeside,
): Promise<DerivedTable> {
  const { state, symbols, session } = run;
  if (!isSilenceDue(run) && run.isUpToDate(QUALITY_TABLE, [bars1m, prices])) return nothingDue(QUALITY_TABLE);
  const delta = await run.open(QUALITY_TABLE);
  const news = await run.news(QUALITY_TABLE, delta.snapshot, [bars1m], '1m');
  state.barQuality ??= new BarQuality(symbols, thresholds);
  const findings = (await state.barQuality.find(news, source, beside?.turn)).map(findingOf);
  findings.push(...(await findSilent(run, bars1m, thresholds)).map(findingOf));
  const inputs = [bars1m, prices].filter((input) => input !== undefined);
  if (prices !== undefined) {
    const added = await newFiles(prices, run.takenVersion(QUALITY_TABLE, delta.snapshot, prices.name));
    findings.push(...(await findInPrices(session.connection, prices, added, thresholds)));
  }
  await beside?.after;
  const known = await knownKeys(run, delta, new Set(findings.map(({ row_time }) => dayText(row_time))));
  const fresh = findings.filter((finding) => !known.has(`${finding.check} ${keyOf(finding)}`));
  const isSaid = inputs.every(
    ({ name, snapshot }) => snapshot.version - Number(delta.txnVersion(appIdOf(name))) < MOST_UNSAID,
  );
  if (fresh.length > 0 || (run.isWhole && !isSaid)) return commit(run, delta, fresh, inputs);
  run.took(QUALITY_TABLE, inputs);
  return nothingDue(QUALITY_TABLE);
}

function isSilenceDue({ state: { silentUs }, nowUs }: DeriveRun): boolean {
  return silentUs === undefined || nowUs - silentUs >= CLOCK_US;
}

/** By the clock, where runs follow each other. */
async function findSilent(
  run: DeriveRun,
  bars1m: InputTable | undefined,
  { qualityStale }: Thresholds,
): Promise<FoundInBar[]> {
  const { state, nowUs, session, watched } = run;
  if (bars1m === undefined || !isSilenceDue(run)) return [];
  state.silentUs = nowUs;
  return silentSymbols({
    connection: session.connection,
    bars1m,
    coverage: await run.input('coverage'),
    nowUs,
    longestMs: qualityStale,
    isWatched: (key) => watched.has('watched', key),
  });
}

async function knownKeys(run: DeriveRun, delta: DeltaTable, days: ReadonlySet<string>): Promise<Set<string>> {
  const input = { name: QUALITY_TABLE.name, store: delta.store, snapshot: delta.snapshot };
  const files = filesIn(input, ({ date }) => days.has(date ?? ''));
  if (files.length === 0) return new Set();
  const { connection } = run.session;
  const rows = await connection.runAndReadAll(
    `SELECT "check" || ' ' || key FROM (${await selectOf(connection, input, files)})`,
  );
  return new Set(rows.getRows().map(([text]) => String(text)));
}

function keyOf({ venue, market, symbol, row_table, row_time }: Finding): string {
  const time = new Date(row_time / 1000).toISOString();
  return [venue, market, symbol, ...(row_table === 'bars_1m' ? ['1m'] : []), time].join('/');
}

async function commit(
  run: DeriveRun,
  delta: DeltaTable,
  findings: readonly Finding[],
  inputs: readonly InputTable[],
): Promise<DerivedTable> {
  const { step = () => undefined } = run.options;
  const adds = await writeFindings(run, delta, findings);
  await step('derive:written');
  const [txn, ...moreTxns] = inputs
    .map(({ name, snapshot }) => ({ appId: appIdOf(name), version: snapshot.version + 1 }))
    .filter(({ appId, version }) => delta.txnVersion(appId) < version);
  const outcome = await delta.commit({
    operation: 'WRITE',
    operationParameters: {
      mode: 'Append',
      partitionBy: JSON.stringify(QUALITY_TABLE.partitionBy),
      inputs: JSON.stringify(
        Object.fromEntries(inputs.map(({ name, snapshot }) => [name, snapshot.version])),
      ),
    },
    operationMetrics: { numFiles: String(adds.length), numOutputRows: String(findings.length) },
    adds,
    ...(txn === undefined || !run.isWhole ? {} : { txn, moreTxns }),
    reads: 'nothing',
  });
  await step('derive:committed');
  run.took(QUALITY_TABLE, inputs);
  const version = outcome.kind === 'committed' ? outcome.version : null;
  return { table: QUALITY_TABLE.name, rows: findings.length, partitions: adds.length, version };
}

async function writeFindings(
  run: DeriveRun,
  delta: DeltaTable,
  findings: readonly Finding[],
): Promise<AddFile[]> {
  const { nowMs } = run.options;
  const batch = new TableBatch(QUALITY_TABLE);
  for (const finding of findings)
    batch.add(finding.row_time, {
      ...finding,
      timeframe: finding.row_table === 'bars_1m' ? '1m' : null,
      key: keyOf(finding),
      found_at: nowMs * 1000,
    });
  const indexed = new Set(statsColumns(delta.metadata).map(({ name }) => name));
  const adds: AddFile[] = [];
  for (const { values, columns } of batch.partitions) {
    const where = { store: delta.store, table: QUALITY_TABLE, partitionValues: values };
    adds.push(await writeDataFile({ ...where, columns, indexed, nowMs }));
  }
  return adds;
}
