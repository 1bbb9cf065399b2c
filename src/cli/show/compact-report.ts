/** What `compact` did, as rows: one for each partition, checkpoint, clean-up and vacuum. */
import type { CompactReport } from '../../upkeep/compaction/compact-table.ts';
import type { RowOf } from '../print-rows.ts';

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

export function reportRow(table: string, action: string, facts: Partial<ReportRow>): ReportRow {
  return { ...NOTHING, table, action, ...facts };
}

export function compactionRows(table: string, report: CompactReport, dryRun: boolean): ReportRow[] {
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
