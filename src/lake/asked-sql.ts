/** A collector tells what it heard about once a minute: younger silence is nothing yet. */
export const FRESH_MS = 300_000;

/** Times in milliseconds since the epoch. */
export interface AskedTime {
  /** Undefined for all. */
  readonly sinceMs: number | undefined;
  /** Undefined for a lake as of the past. */
  readonly nowMs: number | undefined;
}

/** The SQL of a saved analysis for a time. */
export function askedSql(sql: string, { sinceMs, nowMs }: AskedTime): string {
  // Without a beginning the question is about what is there: an old lake is no collector that is down.
  const untilMs = sinceMs === undefined || nowMs === undefined ? 0 : nowMs - FRESH_MS;
  return sql.replaceAll('$since', timeSql(sinceMs ?? 0)).replaceAll('$until', timeSql(untilMs));
}

function timeSql(timeMs: number): string {
  return `TIMESTAMPTZ '${new Date(timeMs).toISOString()}'`;
}
