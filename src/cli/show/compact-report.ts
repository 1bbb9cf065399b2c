/** What `compact` did, as rows: one for each partition, checkpoint, clean-up and vacuum. */

import type { RowOf } from '../../output/columns.ts';
import type { CompactReport } from '../../upkeep/compaction/compact-table.ts';
import type { MaintainEvent } from '../../upkeep/maintain-lake.ts';

export const REPORT_COLUMNS = {
  table: 'name',
  /** `merge`, `sort`, `skip`, `fail`, `checkpoint`, `clean` (old log files), `vacuum`. */
  action: 'name',
  partition: 'name',
  files_before: 'integer',
  files_after: 'integer',
  bytes_before: 'integer',
  bytes_after: 'integer',
  rows: 'integer',
  seconds: 'float',
  /** Why it was skipped or failed, which version the checkpoint is of, or that it was a dry run. */
  note: 'prose',
} as const;

export type ReportRow = RowOf<typeof REPORT_COLUMNS>;

const NOTHING: ReportRow = {
  table: null,
  action: null,
  partition: null,
  files_before: null,
  files_after: null,
  bytes_before: null,
  bytes_after: null,
  rows: null,
  seconds: null,
  note: null,
};

/** @param before rows of earlier events: a failure that one of them reports already is not repeated. */
export function eventRows(
  event: MaintainEvent,
  before: readonly ReportRow[],
  dryRun: boolean,
): readonly ReportRow[] {
  const { table } = event;
  switch (event.kind) {
    case 'compacted':
      return compactionRows(table, event.report, dryRun);
    case 'checkpointed':
      return [reportRow(table, 'checkpoint', { note: `version ${event.version}` })];
    case 'cleaned':
      return [reportRow(table, 'clean', { files_before: event.logFiles, files_after: 0 })];
    case 'vacuumed': {
      const after = dryRun ? { note: 'dry run' } : { files_after: 0, bytes_after: 0 };
      const { files, bytes } = event;
      return [reportRow(table, 'vacuum', { files_before: files, bytes_before: bytes, ...after })];
    }
    case 'skipped':
      return [reportRow(table, 'skip', { note: event.reason })];
    case 'failed': {
      const note = event.error.message;
      return before.some((row) => row.note === note) ? [] : [reportRow(table, 'fail', { note })];
    }
  }
}

function reportRow(table: string, action: string, facts: Partial<ReportRow>): ReportRow {
  return { ...NOTHING, table, action, ...facts };
}

function compactionRows(table: string, report: CompactReport, dryRun: boolean): ReportRow[] {
  return [
    ...report.done.map((done) =>
      reportRow(table, done.mode, {
        partition: done.partition,
        files_before: done.filesBefore,
        bytes_before: done.bytesBefore,
        ...(dryRun
          ? { note: 'dry run' }
          : {
              files_after: done.filesAfter,
              bytes_after: done.bytesAfter,
              rows: done.rows,
              seconds: done.seconds,
            }),
      }),
    ),
    ...report.skipped.map(({ partition, reason }) => reportRow(table, 'skip', { partition, note: reason })),
    ...report.failed.map(({ partition, error }) =>
      reportRow(table, 'fail', { partition, note: error.message }),
    ),
  ];
}
