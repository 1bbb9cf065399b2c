/** What `quality` says of rows since a time, by check. */
import { DAY_US, dayText } from '../../lake/timeframe.ts';
import { DeriveSession } from '../input/derive-session.ts';
import { filesIn, selectOf } from '../input/input-table.ts';
import { openInput } from '../input/lake-tables.ts';

export interface FindingCount {
  readonly check: string;
  readonly severity: string;
  readonly findings: number;
  /** Key of the newest row. */
  readonly newest: string;
}

const MEMORY_BYTES = 256 * 2 ** 20;

/** Errors first. @param sinceUs microseconds since the epoch. @throws LakeError TABLE_… */
export async function recentFindings(lake: string, sinceUs: number): Promise<FindingCount[]> {
  const quality = await openInput(lake, 'quality');
  if (quality === undefined) return [];
  const first = dayText(Math.floor(sinceUs / DAY_US) * DAY_US);
  const files = filesIn(quality, ({ date }) => (date ?? '') >= first);
  if (files.length === 0) return [];
  const session = await DeriveSession.open(MEMORY_BYTES);
  try {
    const rows = await session.connection.runAndReadAll(
      `SELECT "check", severity, count(*)::INTEGER, any_value(key ORDER BY row_time DESC)
       FROM (${await selectOf(session.connection, quality, files)}) WHERE row_time >= make_timestamptz(${sinceUs})
       GROUP BY ALL ORDER BY severity, count(*) DESC, "check"`,
    );
    return rows.getRows().map(([check, severity, findings, newest]) => ({
      check: String(check),
      severity: String(severity),
      findings: Number(findings),
      newest: String(newest),
    }));
  } finally {
    await session.close();
  }
}
