/** `quality`: what looks wrong in the days of bars and prices that are new. A finding is stored once, whoever looks again. */

import type { DeltaTable } from '../delta/delta-table.ts';
import { statsColumns } from '../delta/format/stats-columns.ts';
import type { AddFile } from '../delta/log/actions.ts';
import { TableBatch } from '../ingest/rows/table-batch.ts';
import { writeDataFile } from '../ingest/write/write-data-file.ts';
import { QUALITY_TABLE } from '../lake/tables/quality.ts';
import { dayText } from '../lake/timeframe.ts';
import { appIdOf, type DerivedTable, type DeriveRun } from './derive-run.ts';
import { newFiles } from './input/changed-times.ts';
import { filesIn, type InputTable, selectOf } from './input/input-table.ts';
import { BAR_CHECKS } from './quality/bar-checks.ts';
import type { Thresholds } from './quality/quality-check.ts';
import { SERIES_CHECKS } from './quality/series-checks.ts';

export const QUALITY_CHECKS = [...BAR_CHECKS, ...SERIES_CHECKS];

interface Finding {
  readonly check: string;
  readonly severity: string;
  readonly row_table: string;
  readonly venue: string;
  readonly market: string;
  readonly symbol: string;
  readonly row_time: number;
  readonly value: number | null;
  readonly threshold: number | null;
}

export async function deriveQuality(
  run: DeriveRun,
  inputs: readonly InputTable[],
  thresholds: Thresholds,
): Promise<DerivedTable> {
  const delta = await run.open(QUALITY_TABLE);
  const findings: Finding[] = [];
  const days = new Set<string>();
  for (const input of inputs) {
    const done = delta.snapshot.txns.get(appIdOf(input.name))?.version;
    const since = run.options.sinceUs !== undefined || done === undefined ? undefined : Number(done) - 1;
    const dates = new Set(
      (await newFiles(input, since)).map(({ partitionValues }) => partitionValues.date ?? ''),
    );
    if (dates.size === 0) continue;
    for (const finding of await look(run, input, dates, thresholds)) {
      findings.push(finding);
      days.add(dayText(finding.row_time));
    }
  }
  const known = await knownKeys(run, delta, days);
  const fresh = findings.filter((finding) => !known.has(`${finding.check} ${keyOf(finding)}`));
  if (fresh.length === 0) return { table: QUALITY_TABLE.name, rows: 0, partitions: 0, version: null };
  return commit(run, delta, fresh, inputs);
}

async function look(
  run: DeriveRun,
  input: InputTable,
  dates: ReadonlySet<string>,
  thresholds: Thresholds,
): Promise<Finding[]> {
  const { connection } = run.session;
  const rows = await selectOf(
    connection,
    input,
    filesIn(input, ({ date }) => dates.has(date ?? '')),
  );
  const findings: Finding[] = [];
  for (const check of QUALITY_CHECKS) {
    if (check.table !== input.name) continue;
    const found = await connection.runAndReadAll(
      `WITH rows AS (${rows}) SELECT venue, market, symbol, epoch_us(row_time)::DOUBLE, value, threshold FROM (${check.sql(thresholds)}) ORDER BY ALL`,
    );
    for (const [venue, market, symbol, time, value, threshold] of found.getRows())
      findings.push({
        check: check.name,
        severity: check.severity,
        row_table: input.name,
        venue: String(venue),
        market: String(market),
        symbol: String(symbol),
        row_time: Number(time),
        value: typeof value === 'number' && Number.isFinite(value) ? value : null,
        threshold: typeof threshold === 'number' && Number.isFinite(threshold) ? threshold : null,
      });
  }
  return findings;
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
  const { nowMs, step = () => undefined } = run.options;
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
    const request = {
      store: delta.store,
      table: QUALITY_TABLE,
      partitionValues: values,
      columns,
      indexed,
      nowMs,
    };
    adds.push(await writeDataFile(request));
  }
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
  const version = outcome.kind === 'committed' ? outcome.version : null;
  return { table: QUALITY_TABLE.name, rows: findings.length, partitions: adds.length, version };
}
